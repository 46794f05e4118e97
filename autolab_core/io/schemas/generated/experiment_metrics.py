# generated from schemas/experiment_metrics.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 972e9d08c5ffa0c0c0bf8cde616cee56f4de08939a727908731985d19500cf8f
import re
from autolab_core.io.schemas.invalid import Invalid
from autolab_core.vocab.times import is_timestamp
NoneType = type(None)
_PATTERN_0 = re.compile('^[A-Za-z0-9_][A-Za-z0-9._+-]*(?![\\s\\S])')


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'experiment' not in data or 'timestamp' not in data or 'baseline' not in data or ('treatment' not in data) or ('per_seed' not in data) or ('sanity_checks' not in data) or ('resource_usage' not in data) or ('abort_triggered' not in data) or ('abort_reason' not in data) or ('notes' not in data):
            raise Invalid
        if 'experiment' in data:
            data__experiment = data['experiment']
            _check_id(data__experiment)
        if 'timestamp' in data:
            data__timestamp = data['timestamp']
            if not isinstance(data__timestamp, str):
                raise Invalid
            if isinstance(data__timestamp, str):
                if not is_timestamp(data__timestamp):
                    raise Invalid
        if 'baseline' in data:
            data__baseline = data['baseline']
            _check_values(data__baseline)
        if 'treatment' in data:
            data__treatment = data['treatment']
            _check_values(data__treatment)
        if 'per_seed' in data:
            data__perseed = data['per_seed']
            if not isinstance(data__perseed, list):
                raise Invalid
            data__perseed_is_list = isinstance(data__perseed, list)
            if data__perseed_is_list:
                data__perseed_len = len(data__perseed)
                for data__perseed_x, data__perseed_item in enumerate(data__perseed):
                    if not isinstance(data__perseed_item, dict):
                        raise Invalid
                    data__perseed_item_is_dict = isinstance(data__perseed_item, dict)
                    if data__perseed_item_is_dict:
                        if 'seed' not in data__perseed_item:
                            raise Invalid
                        if 'seed' in data__perseed_item:
                            data__perseed_item__seed = data__perseed_item['seed']
                            if not isinstance(data__perseed_item__seed, int) and (not (isinstance(data__perseed_item__seed, float) and data__perseed_item__seed.is_integer())) or isinstance(data__perseed_item__seed, bool):
                                raise Invalid
        if 'sanity_checks' in data:
            data__sanitychecks = data['sanity_checks']
            _check_values(data__sanitychecks)
        if 'resource_usage' in data:
            data__resourceusage = data['resource_usage']
            if not isinstance(data__resourceusage, dict):
                raise Invalid
            data__resourceusage_is_dict = isinstance(data__resourceusage, dict)
            if data__resourceusage_is_dict:
                if 'gpu_hours' in data__resourceusage:
                    data__resourceusage__gpuhours = data__resourceusage['gpu_hours']
                    _check_amount(data__resourceusage__gpuhours)
                if 'wall_clock_seconds' in data__resourceusage:
                    data__resourceusage__wallclockseconds = data__resourceusage['wall_clock_seconds']
                    _check_amount(data__resourceusage__wallclockseconds)
                if 'total_training_steps' in data__resourceusage:
                    data__resourceusage__totaltrainingsteps = data__resourceusage['total_training_steps']
                    _check_amount(data__resourceusage__totaltrainingsteps)
                if 'total_runs' in data__resourceusage:
                    data__resourceusage__totalruns = data__resourceusage['total_runs']
                    _check_amount(data__resourceusage__totalruns)
        if 'abort_triggered' in data:
            data__aborttriggered = data['abort_triggered']
            if not isinstance(data__aborttriggered, bool):
                raise Invalid
        if 'abort_reason' in data:
            data__abortreason = data['abort_reason']
            if not isinstance(data__abortreason, (str, NoneType)):
                raise Invalid
        if 'notes' in data:
            data__notes = data['notes']
            if not isinstance(data__notes, str):
                raise Invalid
    try:
        data_is_dict = isinstance(data, dict)
        if data_is_dict:
            if 'abort_triggered' not in data:
                raise Invalid
            if 'abort_triggered' in data:
                data__aborttriggered = data['abort_triggered']
                if not (isinstance(data__aborttriggered, bool) and data__aborttriggered is True):
                    raise Invalid
    except Invalid:
        pass
    else:
        data_is_dict = isinstance(data, dict)
        if data_is_dict:
            if 'abort_reason' in data:
                data__abortreason = data['abort_reason']
                if not isinstance(data__abortreason, str):
                    raise Invalid
                if isinstance(data__abortreason, str):
                    data__abortreason_len = len(data__abortreason)
                    if data__abortreason_len < 1:
                        raise Invalid


def _check_amount(data):
    if not isinstance(data, (int, float, NoneType)) or isinstance(data, bool):
        raise Invalid
    if isinstance(data, (int, float)) and (not isinstance(data, bool)):
        if data < 0:
            raise Invalid


def _check_values(data):
    if not isinstance(data, dict):
        raise Invalid


def _check_id(data):
    if not isinstance(data, str):
        raise Invalid
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 128:
            raise Invalid
        if not _PATTERN_0.search(data):
            raise Invalid
