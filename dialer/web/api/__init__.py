"""The JSON API beneath /api/v1: an app of its own, mounted into that of the pages.

It knows tokens and no cookies. Each route asks for one scope (`access`), every error is a problem
document (`problems`), lists go on by cursor (`cursors`), and whatever is done is done by the
actions that pages and command line use.
"""
