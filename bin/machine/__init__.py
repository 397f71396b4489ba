"""What the scripts in bin/ share: folders, processes, packages and servers.

Standard library only, since it runs before there is an environment; `messages` alone runs in it.
"""
