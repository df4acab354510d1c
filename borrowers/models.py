"""All fact tables, slice by slice in river order."""

from borrowers.feeds.models import *  # noqa: F403
from borrowers.parties.models import *  # noqa: F403

from borrowers.outside.models import *  # noqa: F403  # isort: skip

from borrowers.loans.models import *  # noqa: F403  # isort: skip
from borrowers.covenants.models import *  # noqa: F403  # isort: skip
from borrowers.collateral.models import *  # noqa: F403  # isort: skip
from borrowers.facts import Correction  # noqa: F401  # isort: skip
from borrowers.funds.models import *  # noqa: F403  # isort: skip
from borrowers.documents.models import *  # noqa: F403  # isort: skip
from borrowers.conduct.models import *  # noqa: F403  # isort: skip
from borrowers.classes.models import *  # noqa: F403  # isort: skip
from borrowers.findings.models import *  # noqa: F403  # isort: skip
