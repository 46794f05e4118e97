# generated from schemas/state.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 58a5c85d7b4f458938aa11506685800ddb9945a22a3fe4f4264042e76dc345d6
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
        if 'iteration_id' not in data or 'stage' not in data:
            raise Invalid
        if 'schema_version' in data:
            data__schemaversion = data['schema_version']
            if not isinstance(data__schemaversion, str):
                raise Invalid
        if 'iteration_id' in data:
            data__iterationid = data['iteration_id']
            _check_id(data__iterationid)
        if 'experiment_id' in data:
            data__experimentid = data['experiment_id']
            _check_id_or_empty(data__experimentid)
        if 'stage' in data:
            data__stage = data['stage']
            if data__stage not in ('hypothesis', 'design', 'implementation', 'implementation_review', 'launch', 'slurm_monitor', 'extract_results', 'update_docs', 'decide_repeat', 'human_review', 'stop'):
                raise Invalid
        if 'stage_attempt' in data:
            data__stageattempt = data['stage_attempt']
            if not isinstance(data__stageattempt, int) and (not (isinstance(data__stageattempt, float) and data__stageattempt.is_integer())) or isinstance(data__stageattempt, bool):
                raise Invalid
            if isinstance(data__stageattempt, (int, float)) and (not isinstance(data__stageattempt, bool)):
                if data__stageattempt < 0:
                    raise Invalid
        if 'last_run_id' in data:
            data__lastrunid = data['last_run_id']
            _check_id_or_empty(data__lastrunid)
        if 'pending_run_id' in data:
            data__pendingrunid = data['pending_run_id']
            _check_id_or_empty(data__pendingrunid)
        if 'sync_status' in data:
            data__syncstatus = data['sync_status']
            if not isinstance(data__syncstatus, str):
                raise Invalid
        if 'max_stage_attempts' in data:
            data__maxstageattempts = data['max_stage_attempts']
            if not isinstance(data__maxstageattempts, int) and (not (isinstance(data__maxstageattempts, float) and data__maxstageattempts.is_integer())) or isinstance(data__maxstageattempts, bool):
                raise Invalid
            if isinstance(data__maxstageattempts, (int, float)) and (not isinstance(data__maxstageattempts, bool)):
                if data__maxstageattempts < 1:
                    raise Invalid
        if 'max_total_iterations' in data:
            data__maxtotaliterations = data['max_total_iterations']
            if not isinstance(data__maxtotaliterations, int) and (not (isinstance(data__maxtotaliterations, float) and data__maxtotaliterations.is_integer())) or isinstance(data__maxtotaliterations, bool):
                raise Invalid
            if isinstance(data__maxtotaliterations, (int, float)) and (not isinstance(data__maxtotaliterations, bool)):
                if data__maxtotaliterations < 1:
                    raise Invalid
        if 'assistant_mode' in data:
            data__assistantmode = data['assistant_mode']
            if not isinstance(data__assistantmode, str):
                raise Invalid
        if 'history' in data:
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
        if 'timestamp_utc' not in data or 'stage_before' not in data or 'stage_after' not in data or ('status' not in data):
            raise Invalid
        if 'timestamp_utc' in data:
            data__timestamputc = data['timestamp_utc']
            _check_time(data__timestamputc)
        if 'stage_before' in data:
            data__stagebefore = data['stage_before']
            if data__stagebefore not in ('hypothesis', 'design', 'implementation', 'implementation_review', 'launch', 'slurm_monitor', 'extract_results', 'update_docs', 'decide_repeat', 'human_review', 'stop'):
                raise Invalid
        if 'stage_after' in data:
            data__stageafter = data['stage_after']
            if data__stageafter not in ('hypothesis', 'design', 'implementation', 'implementation_review', 'launch', 'slurm_monitor', 'extract_results', 'update_docs', 'decide_repeat', 'human_review', 'stop'):
                raise Invalid
        if 'status' in data:
            data__status = data['status']
            if data__status not in ('advance', 'stay', 'needs_retry', 'human_review', 'stop'):
                raise Invalid
        if 'summary' in data:
            data__summary = data['summary']
            if not isinstance(data__summary, str):
                raise Invalid
        if 'stage_attempt' in data:
            data__stageattempt = data['stage_attempt']
            if not isinstance(data__stageattempt, int) and (not (isinstance(data__stageattempt, float) and data__stageattempt.is_integer())) or isinstance(data__stageattempt, bool):
                raise Invalid
        if 'who' in data:
            data__who = data['who']
            if not isinstance(data__who, (str, NoneType)):
                raise Invalid
        if 'why' in data:
            data__why = data['why']
            if not isinstance(data__why, (str, NoneType)):
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
