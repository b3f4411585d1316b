"""The proofs: machines that look for what no list of faults names, each started with one command.

`python -m tests.proofs` lists them. What a kept run found lies in `results/`; `docs/reliability.md` is made from it.
"""
