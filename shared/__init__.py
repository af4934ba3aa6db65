"""Darkroom: one result for every version of every image, whatever crashes, repeats, races or arrives late."""
