# generated from schemas/verification_result.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 7e700a71a2110eca9626fe3271f94a1433a43d55f69719be30659c9c8f55ded6
from autolab_core.io.schemas.invalid import Invalid
NoneType = type(None)


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['passed', 'message', 'stage', 'iteration_id', 'run_id', 'counts', 'checks', 'run']) - data.keys()
        if data__missing_keys:
            raise Invalid
        data_keys = set(data.keys())
        if 'schema_version' in data_keys:
            data_keys.remove('schema_version')
            data__schemaversion = data['schema_version']
            if not isinstance(data__schemaversion, str):
                raise Invalid
        if 'passed' in data_keys:
            data_keys.remove('passed')
            data__passed = data['passed']
            if not isinstance(data__passed, bool):
                raise Invalid
        if 'message' in data_keys:
            data_keys.remove('message')
            data__message = data['message']
            if not isinstance(data__message, str):
                raise Invalid
        if 'stage' in data_keys:
            data_keys.remove('stage')
            data__stage = data['stage']
            if not isinstance(data__stage, (str, NoneType)):
                raise Invalid
        if 'iteration_id' in data_keys:
            data_keys.remove('iteration_id')
            data__iterationid = data['iteration_id']
            if not isinstance(data__iterationid, (str, NoneType)):
                raise Invalid
        if 'run_id' in data_keys:
            data_keys.remove('run_id')
            data__runid = data['run_id']
            if not isinstance(data__runid, (str, NoneType)):
                raise Invalid
        if 'counts' in data_keys:
            data_keys.remove('counts')
            data__counts = data['counts']
            if not isinstance(data__counts, dict):
                raise Invalid
            data__counts_is_dict = isinstance(data__counts, dict)
            if data__counts_is_dict:
                data__counts_keys = set(data__counts.keys())
                for data__counts_key in data__counts_keys:
                    if data__counts_key not in []:
                        data__counts_value = data__counts.get(data__counts_key)
                        if not isinstance(data__counts_value, int) and (not (isinstance(data__counts_value, float) and data__counts_value.is_integer())) or isinstance(data__counts_value, bool):
                            raise Invalid
        if 'checks' in data_keys:
            data_keys.remove('checks')
            data__checks = data['checks']
            if not isinstance(data__checks, list):
                raise Invalid
            data__checks_is_list = isinstance(data__checks, list)
            if data__checks_is_list:
                data__checks_len = len(data__checks)
                for data__checks_x, data__checks_item in enumerate(data__checks):
                    _check_check(data__checks_item)
        if 'run' in data_keys:
            data_keys.remove('run')
            data__run = data['run']
            if not isinstance(data__run, dict):
                raise Invalid


def _check_check(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['verifier', 'rule', 'status']) - data.keys()
        if data__missing_keys:
            raise Invalid
        data_keys = set(data.keys())
        if 'verifier' in data_keys:
            data_keys.remove('verifier')
            data__verifier = data['verifier']
            if not isinstance(data__verifier, str):
                raise Invalid
        if 'rule' in data_keys:
            data_keys.remove('rule')
            data__rule = data['rule']
            if not isinstance(data__rule, str):
                raise Invalid
        if 'status' in data_keys:
            data_keys.remove('status')
            data__status = data['status']
            if not (isinstance(data__status, str) and data__status == 'pass' or (isinstance(data__status, str) and data__status == 'fail') or (isinstance(data__status, str) and data__status == 'error') or (isinstance(data__status, str) and data__status == 'skip')):
                raise Invalid
        if 'findings' in data_keys:
            data_keys.remove('findings')
            data__findings = data['findings']
            if not isinstance(data__findings, list):
                raise Invalid
            data__findings_is_list = isinstance(data__findings, list)
            if data__findings_is_list:
                data__findings_len = len(data__findings)
                for data__findings_x, data__findings_item in enumerate(data__findings):
                    _check_finding(data__findings_item)
        if 'reason' in data_keys:
            data_keys.remove('reason')
            data__reason = data['reason']
            if not isinstance(data__reason, (str, NoneType)):
                raise Invalid


def _check_finding(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['message', 'path']) - data.keys()
        if data__missing_keys:
            raise Invalid
        data_keys = set(data.keys())
        if 'message' in data_keys:
            data_keys.remove('message')
            data__message = data['message']
            if not isinstance(data__message, str):
                raise Invalid
        if 'path' in data_keys:
            data_keys.remove('path')
            data__path = data['path']
            if not isinstance(data__path, str):
                raise Invalid
        if 'severity' in data_keys:
            data_keys.remove('severity')
            data__severity = data['severity']
            if not (isinstance(data__severity, str) and data__severity == 'error' or (isinstance(data__severity, str) and data__severity == 'warning') or (isinstance(data__severity, str) and data__severity == 'note')):
                raise Invalid
        if 'pointer' in data_keys:
            data_keys.remove('pointer')
            data__pointer = data['pointer']
            if not isinstance(data__pointer, (str, NoneType)):
                raise Invalid
        if 'line' in data_keys:
            data_keys.remove('line')
            data__line = data['line']
            if not isinstance(data__line, (int, NoneType)) and (not (isinstance(data__line, float) and data__line.is_integer())) or isinstance(data__line, bool):
                raise Invalid
        if 'hint' in data_keys:
            data_keys.remove('hint')
            data__hint = data['hint']
            if not isinstance(data__hint, (str, NoneType)):
                raise Invalid
