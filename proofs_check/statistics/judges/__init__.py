"""One small judge for each relation: from measured trials and predictions to supported, refuted, undecided or "go on".

Each says what would support and what would refute; absence of evidence is neither. A file here is found by being here.
"""

import importlib
import pkgutil

for _found in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_found.name}")
