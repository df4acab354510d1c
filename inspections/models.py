"""All tables of acts, slice by slice in river order."""

from inspections.planning.models import *  # noqa: F403

from inspections.checklists.models import *  # noqa: F403  # isort: skip
from inspections.visits.models import *  # noqa: F403  # isort: skip
from inspections.evidence.models import *  # noqa: F403  # isort: skip
from inspections.sampling.models import *  # noqa: F403  # isort: skip
from inspections.four_eyes.models import *  # noqa: F403  # isort: skip
from inspections.outsourcing.models import *  # noqa: F403  # isort: skip
from inspections.sending.models import *  # noqa: F403  # isort: skip
from inspections.deadlines.models import *  # noqa: F403  # isort: skip
from inspections.findings.models import *  # noqa: F403  # isort: skip
