"""The catalogue: every option that a user can toggle, once.

Command-line flags, the option panel, its help and the exports are generated from `CATALOGUE`. An option is one idea
with one value as text; `read` and `apply` say where that value lives in a `RunSpec`.
"""
