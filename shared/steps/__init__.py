"""The pipeline, one step a module. Steps call each other and the ports; triggers, API and command call them by wiring.

``intake`` is how work comes in, ``work`` how it is done, ``upkeep`` what timers do, ``operators`` what people do; each
calls those before it. A step knows no Azure client, and is built once.
"""
