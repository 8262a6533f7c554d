#!/bin/sh
# Runs the tidy rules' own tests, then the rules on this tree. Arguments go to tidy.py.
set -eu
cd "$(dirname "$0")"
python3 -B -m unittest -q test_tidy test_functions
exec python3 -B tidy.py --headers --format "$@"
