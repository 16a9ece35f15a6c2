"""Stories of a mesh: one file is one story, and its file name is its name.

A scenario offers `topology(...)`, what the mesh is made of, and `async story(mesh)`, what happens in it.
"""
