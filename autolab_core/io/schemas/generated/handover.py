# generated from schemas/handover.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 8d16af700ce4d6e8d430fcc677dd0fd2d5485b07550829facd3a432375e5cd20
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
        if 'stage' not in data or 'iteration_id' not in data or 'handed_over_at' not in data or ('prompt' not in data) or ('context' not in data):
            raise Invalid
        if 'schema_version' in data:
            data__schemaversion = data['schema_version']
            if not isinstance(data__schemaversion, str):
                raise Invalid
        if 'stage' in data:
            data__stage = data['stage']
            if data__stage not in ('hypothesis', 'design', 'implementation', 'implementation_review', 'launch', 'slurm_monitor', 'extract_results', 'update_docs', 'decide_repeat', 'human_review', 'stop'):
                raise Invalid
        if 'iteration_id' in data:
            data__iterationid = data['iteration_id']
            _check_id(data__iterationid)
        if 'run_id' in data:
            data__runid = data['run_id']
            _check_optional_id(data__runid)
        if 'stage_attempt' in data:
            data__stageattempt = data['stage_attempt']
            if not isinstance(data__stageattempt, int) and (not (isinstance(data__stageattempt, float) and data__stageattempt.is_integer())) or isinstance(data__stageattempt, bool):
                raise Invalid
            if isinstance(data__stageattempt, (int, float)) and (not isinstance(data__stageattempt, bool)):
                if data__stageattempt < 0:
                    raise Invalid
        if 'entered_at' in data:
            data__enteredat = data['entered_at']
            data__enteredat_any_of_count1 = 0
            if not data__enteredat_any_of_count1:
                try:
                    if not isinstance(data__enteredat, str):
                        raise Invalid
                    if isinstance(data__enteredat, str):
                        data__enteredat_len = len(data__enteredat)
                        if data__enteredat_len > 0:
                            raise Invalid
                    data__enteredat_any_of_count1 += 1
                except Invalid:
                    pass
            if not data__enteredat_any_of_count1:
                try:
                    _check_time(data__enteredat)
                    data__enteredat_any_of_count1 += 1
                except Invalid:
                    pass
            if not data__enteredat_any_of_count1:
                raise Invalid
        if 'handed_over_at' in data:
            data__handedoverat = data['handed_over_at']
            _check_time(data__handedoverat)
        if 'prompt' in data:
            data__prompt = data['prompt']
            if not isinstance(data__prompt, str):
                raise Invalid
        if 'context' in data:
            data__context = data['context']
            if not isinstance(data__context, str):
                raise Invalid
        if 'awaited' in data:
            data__awaited = data['awaited']
            if not isinstance(data__awaited, list):
                raise Invalid
            data__awaited_is_list = isinstance(data__awaited, list)
            if data__awaited_is_list:
                data__awaited_len = len(data__awaited)
                for data__awaited_x, data__awaited_item in enumerate(data__awaited):
                    if not isinstance(data__awaited_item, str):
                        raise Invalid
        if 'base' in data:
            data__base = data['base']
            if not isinstance(data__base, dict):
                raise Invalid
            data__base_is_dict = isinstance(data__base, dict)
            if data__base_is_dict:
                if 'commit' in data__base:
                    data__base__commit = data__base['commit']
                    if not isinstance(data__base__commit, (str, NoneType)):
                        raise Invalid
                if 'changed' in data__base:
                    data__base__changed = data__base['changed']
                    if not isinstance(data__base__changed, dict):
                        raise Invalid
                    data__base__changed_is_dict = isinstance(data__base__changed, dict)
                    if data__base__changed_is_dict:
                        for data__base__changed_key in data__base__changed:
                            if data__base__changed_key not in []:
                                data__base__changed_value = data__base__changed.get(data__base__changed_key)
                                if not isinstance(data__base__changed_value, str):
                                    raise Invalid
                if 'note' in data__base:
                    data__base__note = data__base['note']
                    if not isinstance(data__base__note, (str, NoneType)):
                        raise Invalid
        if 'judged' in data:
            data__judged = data['judged']
            if not isinstance(data__judged, dict):
                raise Invalid
            data__judged_is_dict = isinstance(data__judged, dict)
            if data__judged_is_dict:
                for data__judged_key in data__judged:
                    if data__judged_key not in []:
                        data__judged_value = data__judged.get(data__judged_key)
                        if not isinstance(data__judged_value, str):
                            raise Invalid
        if 'judged_at' in data:
            data__judgedat = data['judged_at']
            _check_optional_time(data__judgedat)
        if 'objections' in data:
            data__objections = data['objections']
            if not isinstance(data__objections, dict):
                raise Invalid
            data__objections_is_dict = isinstance(data__objections, dict)
            if data__objections_is_dict:
                for data__objections_key in data__objections:
                    if data__objections_key not in []:
                        data__objections_value = data__objections.get(data__objections_key)
                        if not isinstance(data__objections_value, str):
                            raise Invalid
        if 'agent' in data:
            data__agent = data['agent']
            if not isinstance(data__agent, (dict, NoneType)):
                raise Invalid
            data__agent_is_dict = isinstance(data__agent, dict)
            if data__agent_is_dict:
                if 'argv' not in data__agent or 'started_at' not in data__agent or 'log' not in data__agent or ('guard' not in data__agent):
                    raise Invalid
                if 'argv' in data__agent:
                    data__agent__argv = data__agent['argv']
                    if not isinstance(data__agent__argv, list):
                        raise Invalid
                    data__agent__argv_is_list = isinstance(data__agent__argv, list)
                    if data__agent__argv_is_list:
                        data__agent__argv_len = len(data__agent__argv)
                        for data__agent__argv_x, data__agent__argv_item in enumerate(data__agent__argv):
                            if not isinstance(data__agent__argv_item, str):
                                raise Invalid
                if 'started_at' in data__agent:
                    data__agent__startedat = data__agent['started_at']
                    _check_time(data__agent__startedat)
                if 'log' in data__agent:
                    data__agent__log = data__agent['log']
                    if not isinstance(data__agent__log, str):
                        raise Invalid
                if 'guard' in data__agent:
                    data__agent__guard = data__agent['guard']
                    _check_id(data__agent__guard)
                if 'ended_at' in data__agent:
                    data__agent__endedat = data__agent['ended_at']
                    _check_optional_time(data__agent__endedat)
                if 'exit_code' in data__agent:
                    data__agent__exitcode = data__agent['exit_code']
                    if not isinstance(data__agent__exitcode, (int, NoneType)) and (not (isinstance(data__agent__exitcode, float) and data__agent__exitcode.is_integer())) or isinstance(data__agent__exitcode, bool):
                        raise Invalid
                if 'level' in data__agent:
                    data__agent__level = data__agent['level']
                    if not isinstance(data__agent__level, (str, NoneType)):
                        raise Invalid
                if 'timed_out' in data__agent:
                    data__agent__timedout = data__agent['timed_out']
                    if not isinstance(data__agent__timedout, bool):
                        raise Invalid
                if 'interrupted' in data__agent:
                    data__agent__interrupted = data__agent['interrupted']
                    if not isinstance(data__agent__interrupted, bool):
                        raise Invalid


def _check_optional_time(data):
    if not isinstance(data, (str, NoneType)):
        raise Invalid
    if isinstance(data, str):
        if not is_timestamp(data):
            raise Invalid


def _check_time(data):
    if not isinstance(data, str):
        raise Invalid
    if isinstance(data, str):
        if not is_timestamp(data):
            raise Invalid


def _check_optional_id(data):
    if not isinstance(data, (str, NoneType)):
        raise Invalid
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 128:
            raise Invalid
        if not _PATTERN_0.search(data):
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
