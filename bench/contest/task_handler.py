"""Registers the peers' task as a handler: the app of a contest imports this, and the bench itself does not."""

from bench.contest.thumbnail_job import KIND, make_thumbnail
from shared.handlers import handler_for

handler_for(KIND)(make_thumbnail)
