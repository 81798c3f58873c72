"""The company inside the sandbox's Tryton. Runs in Tryton's own virtualenv, not in ours."""
