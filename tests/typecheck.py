"""The run-time checker for ganeval's annotations: an int is accepted where a float is asked for."""

from beartype import BeartypeConf, beartype

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
