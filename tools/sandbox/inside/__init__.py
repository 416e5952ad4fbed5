"""What runs on the far side: it shuts the doors behind itself, then runs the code.

These modules are copied into each sandbox and run by a bare Python there, so they know the standard
library and each other only. `tools.sandbox` starts them and never imports them.
"""
