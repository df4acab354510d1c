"""All tables of meaning, slice by slice in river order."""

from alerts.observation.models import *  # noqa: F403
from alerts.observation.rerun_models import *  # noqa: F403

from alerts.rulebook.models import *  # noqa: F403  # isort: skip
from alerts.signals.models import *  # noqa: F403  # isort: skip
from alerts.signals.handling_models import *  # noqa: F403  # isort: skip
from alerts.signals.worklist_models import *  # noqa: F403  # isort: skip
from alerts.backtests.models import *  # noqa: F403  # isort: skip
from alerts.cases.models import *  # noqa: F403  # isort: skip
from alerts.classification.models import *  # noqa: F403  # isort: skip
from alerts.reminders.models import *  # noqa: F403  # isort: skip
