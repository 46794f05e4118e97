# generated from schemas/verification_result.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 b4012f5a8677b3e15f4052317c8cf465148695a6e2bdb282739ebfc9fb1dd278
from autolab_core.io.schemas.invalid import Invalid
NoneType = type(None)


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'passed' not in data or 'message' not in data or 'stage' not in data or ('iteration_id' not in data) or ('run_id' not in data) or ('counts' not in data) or ('checks' not in data) or ('run' not in data):
            raise Invalid
        if 'schema_version' in data:
            data__schemaversion = data['schema_version']
            if not isinstance(data__schemaversion, str):
                raise Invalid
        if 'passed' in data:
            data__passed = data['passed']
            if not isinstance(data__passed, bool):
                raise Invalid
        if 'message' in data:
            data__message = data['message']
            if not isinstance(data__message, str):
                raise Invalid
        if 'stage' in data:
            data__stage = data['stage']
            if not isinstance(data__stage, (str, NoneType)):
                raise Invalid
        if 'iteration_id' in data:
            data__iterationid = data['iteration_id']
            if not isinstance(data__iterationid, (str, NoneType)):
                raise Invalid
        if 'run_id' in data:
            data__runid = data['run_id']
            if not isinstance(data__runid, (str, NoneType)):
                raise Invalid
        if 'counts' in data:
            data__counts = data['counts']
            if not isinstance(data__counts, dict):
                raise Invalid
            data__counts_is_dict = isinstance(data__counts, dict)
            if data__counts_is_dict:
                for data__counts_key in data__counts:
                    if data__counts_key not in []:
                        data__counts_value = data__counts.get(data__counts_key)
                        if not isinstance(data__counts_value, int) and (not (isinstance(data__counts_value, float) and data__counts_value.is_integer())) or isinstance(data__counts_value, bool):
                            raise Invalid
        if 'checks' in data:
            data__checks = data['checks']
            if not isinstance(data__checks, list):
                raise Invalid
            data__checks_is_list = isinstance(data__checks, list)
            if data__checks_is_list:
                data__checks_len = len(data__checks)
                for data__checks_x, data__checks_item in enumerate(data__checks):
                    _check_check(data__checks_item)
        if 'runs' in data:
            data__runs = data['runs']
            if not isinstance(data__runs, dict):
                raise Invalid
            data__runs_is_dict = isinstance(data__runs, dict)
            if data__runs_is_dict:
                for data__runs_key in data__runs:
                    if data__runs_key not in []:
                        data__runs_value = data__runs.get(data__runs_key)
                        if not isinstance(data__runs_value, int) and (not (isinstance(data__runs_value, float) and data__runs_value.is_integer())) or isinstance(data__runs_value, bool):
                            raise Invalid
        if 'run' in data:
            data__run = data['run']
            if not isinstance(data__run, dict):
                raise Invalid


def _check_check(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'verifier' not in data or 'rule' not in data or 'status' not in data:
            raise Invalid
        if 'verifier' in data:
            data__verifier = data['verifier']
            if not isinstance(data__verifier, str):
                raise Invalid
        if 'rule' in data:
            data__rule = data['rule']
            if not isinstance(data__rule, str):
                raise Invalid
        if 'status' in data:
            data__status = data['status']
            if data__status not in ('pass', 'fail', 'error', 'skip'):
                raise Invalid
        if 'findings' in data:
            data__findings = data['findings']
            if not isinstance(data__findings, list):
                raise Invalid
            data__findings_is_list = isinstance(data__findings, list)
            if data__findings_is_list:
                data__findings_len = len(data__findings)
                for data__findings_x, data__findings_item in enumerate(data__findings):
                    _check_finding(data__findings_item)
        if 'reason' in data:
            data__reason = data['reason']
            if not isinstance(data__reason, (str, NoneType)):
                raise Invalid
        if 'traceback' in data:
            data__traceback = data['traceback']
            if not isinstance(data__traceback, (str, NoneType)):
                raise Invalid
        if 'iteration_id' in data:
            data__iterationid = data['iteration_id']
            if not isinstance(data__iterationid, str):
                raise Invalid
        if 'run_id' in data:
            data__runid = data['run_id']
            if not isinstance(data__runid, str):
                raise Invalid


def _check_finding(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'message' not in data or 'path' not in data:
            raise Invalid
        if 'message' in data:
            data__message = data['message']
            if not isinstance(data__message, str):
                raise Invalid
        if 'path' in data:
            data__path = data['path']
            if not isinstance(data__path, str):
                raise Invalid
        if 'severity' in data:
            data__severity = data['severity']
            if data__severity not in ('error', 'warning', 'note'):
                raise Invalid
        if 'pointer' in data:
            data__pointer = data['pointer']
            if not isinstance(data__pointer, (str, NoneType)):
                raise Invalid
        if 'line' in data:
            data__line = data['line']
            if not isinstance(data__line, (int, NoneType)) and (not (isinstance(data__line, float) and data__line.is_integer())) or isinstance(data__line, bool):
                raise Invalid
        if 'hint' in data:
            data__hint = data['hint']
            if not isinstance(data__hint, (str, NoneType)):
                raise Invalid
