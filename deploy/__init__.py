"""What deploys Darkroom, and the check of it; nothing here is deployed itself.

``check`` holds the files of the other folders against the code.
"""
