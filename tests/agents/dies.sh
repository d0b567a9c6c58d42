# Dies by the signal that it was given.
kill "-$1" $$
