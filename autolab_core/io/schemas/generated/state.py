# generated from schemas/state.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 61ef12cb34b8cf1612df41daf44f9d8e2aa05fd9bded2a1f539aee00a09c73ab
import re
from autolab_core.io.schemas.invalid import Invalid
from autolab_core.vocab.times import is_timestamp
_PATTERN_0 = re.compile('^[A-Za-z0-9_][A-Za-z0-9._+-]*(?![\\s\\S])')


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['iteration_id', 'stage']) - data.keys()
        if data__missing_keys:
            raise Invalid
        data_keys = set(data.keys())
        if 'schema_version' in data_keys:
            data_keys.remove('schema_version')
            data__schemaversion = data['schema_version']
            if not isinstance(data__schemaversion, str):
                raise Invalid
        if 'iteration_id' in data_keys:
            data_keys.remove('iteration_id')
            data__iterationid = data['iteration_id']
            _check_id(data__iterationid)
        if 'experiment_id' in data_keys:
            data_keys.remove('experiment_id')
            data__experimentid = data['experiment_id']
            _check_id_or_empty(data__experimentid)
        if 'stage' in data_keys:
            data_keys.remove('stage')
            data__stage = data['stage']
            if not (isinstance(data__stage, str) and data__stage == 'hypothesis' or (isinstance(data__stage, str) and data__stage == 'design') or (isinstance(data__stage, str) and data__stage == 'implementation') or (isinstance(data__stage, str) and data__stage == 'implementation_review') or (isinstance(data__stage, str) and data__stage == 'launch') or (isinstance(data__stage, str) and data__stage == 'slurm_monitor') or (isinstance(data__stage, str) and data__stage == 'extract_results') or (isinstance(data__stage, str) and data__stage == 'update_docs') or (isinstance(data__stage, str) and data__stage == 'decide_repeat') or (isinstance(data__stage, str) and data__stage == 'human_review') or (isinstance(data__stage, str) and data__stage == 'stop')):
                raise Invalid
        if 'stage_attempt' in data_keys:
            data_keys.remove('stage_attempt')
            data__stageattempt = data['stage_attempt']
            if not isinstance(data__stageattempt, int) and (not (isinstance(data__stageattempt, float) and data__stageattempt.is_integer())) or isinstance(data__stageattempt, bool):
                raise Invalid
            if isinstance(data__stageattempt, (int, float)) and (not isinstance(data__stageattempt, bool)):
                if data__stageattempt < 0:
                    raise Invalid
        if 'last_run_id' in data_keys:
            data_keys.remove('last_run_id')
            data__lastrunid = data['last_run_id']
            _check_id_or_empty(data__lastrunid)
        if 'pending_run_id' in data_keys:
            data_keys.remove('pending_run_id')
            data__pendingrunid = data['pending_run_id']
            _check_id_or_empty(data__pendingrunid)
        if 'sync_status' in data_keys:
            data_keys.remove('sync_status')
            data__syncstatus = data['sync_status']
            if not isinstance(data__syncstatus, str):
                raise Invalid
        if 'max_stage_attempts' in data_keys:
            data_keys.remove('max_stage_attempts')
            data__maxstageattempts = data['max_stage_attempts']
            if not isinstance(data__maxstageattempts, int) and (not (isinstance(data__maxstageattempts, float) and data__maxstageattempts.is_integer())) or isinstance(data__maxstageattempts, bool):
                raise Invalid
            if isinstance(data__maxstageattempts, (int, float)) and (not isinstance(data__maxstageattempts, bool)):
                if data__maxstageattempts < 1:
                    raise Invalid
        if 'max_total_iterations' in data_keys:
            data_keys.remove('max_total_iterations')
            data__maxtotaliterations = data['max_total_iterations']
            if not isinstance(data__maxtotaliterations, int) and (not (isinstance(data__maxtotaliterations, float) and data__maxtotaliterations.is_integer())) or isinstance(data__maxtotaliterations, bool):
                raise Invalid
            if isinstance(data__maxtotaliterations, (int, float)) and (not isinstance(data__maxtotaliterations, bool)):
                if data__maxtotaliterations < 1:
                    raise Invalid
        if 'assistant_mode' in data_keys:
            data_keys.remove('assistant_mode')
            data__assistantmode = data['assistant_mode']
            if not isinstance(data__assistantmode, str):
                raise Invalid
        if 'history' in data_keys:
            data_keys.remove('history')
            data__history = data['history']
            if not isinstance(data__history, list):
                raise Invalid
            data__history_is_list = isinstance(data__history, list)
            if data__history_is_list:
                data__history_len = len(data__history)
                for data__history_x, data__history_item in enumerate(data__history):
                    _check_history_entry(data__history_item)


def _check_history_entry(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['timestamp_utc', 'stage_before', 'stage_after', 'status']) - data.keys()
        if data__missing_keys:
            raise Invalid
        data_keys = set(data.keys())
        if 'timestamp_utc' in data_keys:
            data_keys.remove('timestamp_utc')
            data__timestamputc = data['timestamp_utc']
            _check_time(data__timestamputc)
        if 'stage_before' in data_keys:
            data_keys.remove('stage_before')
            data__stagebefore = data['stage_before']
            if not (isinstance(data__stagebefore, str) and data__stagebefore == 'hypothesis' or (isinstance(data__stagebefore, str) and data__stagebefore == 'design') or (isinstance(data__stagebefore, str) and data__stagebefore == 'implementation') or (isinstance(data__stagebefore, str) and data__stagebefore == 'implementation_review') or (isinstance(data__stagebefore, str) and data__stagebefore == 'launch') or (isinstance(data__stagebefore, str) and data__stagebefore == 'slurm_monitor') or (isinstance(data__stagebefore, str) and data__stagebefore == 'extract_results') or (isinstance(data__stagebefore, str) and data__stagebefore == 'update_docs') or (isinstance(data__stagebefore, str) and data__stagebefore == 'decide_repeat') or (isinstance(data__stagebefore, str) and data__stagebefore == 'human_review') or (isinstance(data__stagebefore, str) and data__stagebefore == 'stop')):
                raise Invalid
        if 'stage_after' in data_keys:
            data_keys.remove('stage_after')
            data__stageafter = data['stage_after']
            if not (isinstance(data__stageafter, str) and data__stageafter == 'hypothesis' or (isinstance(data__stageafter, str) and data__stageafter == 'design') or (isinstance(data__stageafter, str) and data__stageafter == 'implementation') or (isinstance(data__stageafter, str) and data__stageafter == 'implementation_review') or (isinstance(data__stageafter, str) and data__stageafter == 'launch') or (isinstance(data__stageafter, str) and data__stageafter == 'slurm_monitor') or (isinstance(data__stageafter, str) and data__stageafter == 'extract_results') or (isinstance(data__stageafter, str) and data__stageafter == 'update_docs') or (isinstance(data__stageafter, str) and data__stageafter == 'decide_repeat') or (isinstance(data__stageafter, str) and data__stageafter == 'human_review') or (isinstance(data__stageafter, str) and data__stageafter == 'stop')):
                raise Invalid
        if 'status' in data_keys:
            data_keys.remove('status')
            data__status = data['status']
            if not (isinstance(data__status, str) and data__status == 'advance' or (isinstance(data__status, str) and data__status == 'stay') or (isinstance(data__status, str) and data__status == 'needs_retry') or (isinstance(data__status, str) and data__status == 'human_review') or (isinstance(data__status, str) and data__status == 'stop')):
                raise Invalid
        if 'summary' in data_keys:
            data_keys.remove('summary')
            data__summary = data['summary']
            if not isinstance(data__summary, str):
                raise Invalid
        if 'stage_attempt' in data_keys:
            data_keys.remove('stage_attempt')
            data__stageattempt = data['stage_attempt']
            if not isinstance(data__stageattempt, int) and (not (isinstance(data__stageattempt, float) and data__stageattempt.is_integer())) or isinstance(data__stageattempt, bool):
                raise Invalid


def _check_time(data):
    if not isinstance(data, str):
        raise Invalid
    if isinstance(data, str):
        if not is_timestamp(data):
            raise Invalid


def _check_id_or_empty(data):
    data_any_of_count1 = 0
    if not data_any_of_count1:
        try:
            if not isinstance(data, str):
                raise Invalid
            if isinstance(data, str):
                data_len = len(data)
                if data_len > 0:
                    raise Invalid
            data_any_of_count1 += 1
        except Invalid:
            pass
    if not data_any_of_count1:
        try:
            _check_id(data)
            data_any_of_count1 += 1
        except Invalid:
            pass
    if not data_any_of_count1:
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
