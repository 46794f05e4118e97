# generated from schemas/run_manifest.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 3fa4929f6aa7efb4389a7f26a72992f1af4cad8841090a7838d328e21ed0b408
import re
from autolab_core.io.schemas.invalid import Invalid
from autolab_core.vocab.times import is_timestamp
NoneType = type(None)
_PATTERN_0 = re.compile('^(?![0:-]*(?![\\s\\S]))(?:UNLIMITED|INFINITE|[0-9]{1,9}|[0-9]{1,9}:[0-5]?[0-9]|[0-9]{1,7}:[0-5]?[0-9]:[0-5]?[0-9]|[0-9]{1,6}-(?:[01]?[0-9]|2[0-3])(?::[0-5]?[0-9](?::[0-5]?[0-9])?)?)(?![\\s\\S])')
_PATTERN_1 = re.compile('^(?!0+[KMGTkmgt]?[Bb]?(?![\\s\\S]))[0-9]{1,12}(?:[KMGTkmgt][Bb]?)?(?![\\s\\S])')
_PATTERN_2 = re.compile('^[A-Za-z0-9_][A-Za-z0-9._+-]*(?![\\s\\S])')


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['run_id', 'iteration_id', 'status']) - data.keys()
        if data__missing_keys:
            raise Invalid
        data_keys = set(data.keys())
        if 'schema_version' in data_keys:
            data_keys.remove('schema_version')
            data__schemaversion = data['schema_version']
            if not isinstance(data__schemaversion, str):
                raise Invalid
        if 'run_id' in data_keys:
            data_keys.remove('run_id')
            data__runid = data['run_id']
            _check_id(data__runid)
        if 'iteration_id' in data_keys:
            data_keys.remove('iteration_id')
            data__iterationid = data['iteration_id']
            _check_id(data__iterationid)
        if 'launch_mode' in data_keys:
            data_keys.remove('launch_mode')
            data__launchmode = data['launch_mode']
            if not (isinstance(data__launchmode, str) and data__launchmode == 'local' or (isinstance(data__launchmode, str) and data__launchmode == 'slurm') or data__launchmode is None):
                raise Invalid
        if 'host_mode' in data_keys:
            data_keys.remove('host_mode')
            data__hostmode = data['host_mode']
            if not (isinstance(data__hostmode, str) and data__hostmode == 'local' or (isinstance(data__hostmode, str) and data__hostmode == 'slurm') or data__hostmode is None):
                raise Invalid
        if 'status' in data_keys:
            data_keys.remove('status')
            data__status = data['status']
            if not (isinstance(data__status, str) and data__status == 'pending' or (isinstance(data__status, str) and data__status == 'submitted') or (isinstance(data__status, str) and data__status == 'running') or (isinstance(data__status, str) and data__status == 'synced') or (isinstance(data__status, str) and data__status == 'completed') or (isinstance(data__status, str) and data__status == 'failed') or (isinstance(data__status, str) and data__status == 'partial')):
                raise Invalid
        if 'command' in data_keys:
            data_keys.remove('command')
            data__command = data['command']
            if not isinstance(data__command, (str, NoneType)):
                raise Invalid
        if 'job_id' in data_keys:
            data_keys.remove('job_id')
            data__jobid = data['job_id']
            if not isinstance(data__jobid, (str, int, NoneType)) and (not (isinstance(data__jobid, float) and data__jobid.is_integer())) or isinstance(data__jobid, bool):
                raise Invalid
            if isinstance(data__jobid, (int, float)) and (not isinstance(data__jobid, bool)):
                if data__jobid < 1:
                    raise Invalid
        if 'cluster' in data_keys:
            data_keys.remove('cluster')
            data__cluster = data['cluster']
            if not isinstance(data__cluster, (str, NoneType)):
                raise Invalid
        if 'resource_request' in data_keys:
            data_keys.remove('resource_request')
            data__resourcerequest = data['resource_request']
            if not isinstance(data__resourcerequest, (dict, NoneType)):
                raise Invalid
            data__resourcerequest_is_dict = isinstance(data__resourcerequest, dict)
            if data__resourcerequest_is_dict:
                data__resourcerequest_keys = set(data__resourcerequest.keys())
                if 'cpus' in data__resourcerequest_keys:
                    data__resourcerequest_keys.remove('cpus')
                    data__resourcerequest__cpus = data__resourcerequest['cpus']
                    if not isinstance(data__resourcerequest__cpus, (int, NoneType)) and (not (isinstance(data__resourcerequest__cpus, float) and data__resourcerequest__cpus.is_integer())) or isinstance(data__resourcerequest__cpus, bool):
                        raise Invalid
                if 'memory' in data__resourcerequest_keys:
                    data__resourcerequest_keys.remove('memory')
                    data__resourcerequest__memory = data__resourcerequest['memory']
                    _check_memory(data__resourcerequest__memory)
                if 'gpu_count' in data__resourcerequest_keys:
                    data__resourcerequest_keys.remove('gpu_count')
                    data__resourcerequest__gpucount = data__resourcerequest['gpu_count']
                    if not isinstance(data__resourcerequest__gpucount, int) and (not (isinstance(data__resourcerequest__gpucount, float) and data__resourcerequest__gpucount.is_integer())) or isinstance(data__resourcerequest__gpucount, bool):
                        raise Invalid
                if 'gpu_type' in data__resourcerequest_keys:
                    data__resourcerequest_keys.remove('gpu_type')
                    data__resourcerequest__gputype = data__resourcerequest['gpu_type']
                    if not isinstance(data__resourcerequest__gputype, (str, NoneType)):
                        raise Invalid
                if 'walltime' in data__resourcerequest_keys:
                    data__resourcerequest_keys.remove('walltime')
                    data__resourcerequest__walltime = data__resourcerequest['walltime']
                    _check_duration(data__resourcerequest__walltime)
                if 'partition' in data__resourcerequest_keys:
                    data__resourcerequest_keys.remove('partition')
                    data__resourcerequest__partition = data__resourcerequest['partition']
                    if not isinstance(data__resourcerequest__partition, (str, NoneType)):
                        raise Invalid
                if 'qos' in data__resourcerequest_keys:
                    data__resourcerequest_keys.remove('qos')
                    data__resourcerequest__qos = data__resourcerequest['qos']
                    if not isinstance(data__resourcerequest__qos, (str, NoneType)):
                        raise Invalid
                if 'num_nodes' in data__resourcerequest_keys:
                    data__resourcerequest_keys.remove('num_nodes')
                    data__resourcerequest__numnodes = data__resourcerequest['num_nodes']
                    if not isinstance(data__resourcerequest__numnodes, (int, NoneType)) and (not (isinstance(data__resourcerequest__numnodes, float) and data__resourcerequest__numnodes.is_integer())) or isinstance(data__resourcerequest__numnodes, bool):
                        raise Invalid
        if 'timestamps' in data_keys:
            data_keys.remove('timestamps')
            data__timestamps = data['timestamps']
            if not isinstance(data__timestamps, dict):
                raise Invalid
            data__timestamps_is_dict = isinstance(data__timestamps, dict)
            if data__timestamps_is_dict:
                data__timestamps_keys = set(data__timestamps.keys())
                if 'created_at' in data__timestamps_keys:
                    data__timestamps_keys.remove('created_at')
                    data__timestamps__createdat = data__timestamps['created_at']
                    _check_optional_time(data__timestamps__createdat)
                if 'started_at' in data__timestamps_keys:
                    data__timestamps_keys.remove('started_at')
                    data__timestamps__startedat = data__timestamps['started_at']
                    _check_optional_time(data__timestamps__startedat)
                if 'completed_at' in data__timestamps_keys:
                    data__timestamps_keys.remove('completed_at')
                    data__timestamps__completedat = data__timestamps['completed_at']
                    _check_optional_time(data__timestamps__completedat)
        if 'artifact_sync_to_local' in data_keys:
            data_keys.remove('artifact_sync_to_local')
            data__artifactsynctolocal = data['artifact_sync_to_local']
            if not isinstance(data__artifactsynctolocal, (dict, NoneType)):
                raise Invalid
            data__artifactsynctolocal_is_dict = isinstance(data__artifactsynctolocal, dict)
            if data__artifactsynctolocal_is_dict:
                data__artifactsynctolocal__missing_keys = set(['status']) - data__artifactsynctolocal.keys()
                if data__artifactsynctolocal__missing_keys:
                    raise Invalid
                data__artifactsynctolocal_keys = set(data__artifactsynctolocal.keys())
                if 'status' in data__artifactsynctolocal_keys:
                    data__artifactsynctolocal_keys.remove('status')
                    data__artifactsynctolocal__status = data__artifactsynctolocal['status']
                    if not (isinstance(data__artifactsynctolocal__status, str) and data__artifactsynctolocal__status == 'pending' or (isinstance(data__artifactsynctolocal__status, str) and data__artifactsynctolocal__status == 'syncing') or (isinstance(data__artifactsynctolocal__status, str) and data__artifactsynctolocal__status == 'ok') or (isinstance(data__artifactsynctolocal__status, str) and data__artifactsynctolocal__status == 'failed') or (isinstance(data__artifactsynctolocal__status, str) and data__artifactsynctolocal__status == 'completed') or (isinstance(data__artifactsynctolocal__status, str) and data__artifactsynctolocal__status == 'done') or (isinstance(data__artifactsynctolocal__status, str) and data__artifactsynctolocal__status == 'error') or (isinstance(data__artifactsynctolocal__status, str) and data__artifactsynctolocal__status == 'failure') or (isinstance(data__artifactsynctolocal__status, str) and data__artifactsynctolocal__status == 'in_progress') or (isinstance(data__artifactsynctolocal__status, str) and data__artifactsynctolocal__status == 'not_started') or (isinstance(data__artifactsynctolocal__status, str) and data__artifactsynctolocal__status == 'queued') or (isinstance(data__artifactsynctolocal__status, str) and data__artifactsynctolocal__status == 'running') or (isinstance(data__artifactsynctolocal__status, str) and data__artifactsynctolocal__status == 'succeeded') or (isinstance(data__artifactsynctolocal__status, str) and data__artifactsynctolocal__status == 'success') or (isinstance(data__artifactsynctolocal__status, str) and data__artifactsynctolocal__status == 'synced')):
                        raise Invalid
                if 'method' in data__artifactsynctolocal_keys:
                    data__artifactsynctolocal_keys.remove('method')
                    data__artifactsynctolocal__method = data__artifactsynctolocal['method']
                    if not isinstance(data__artifactsynctolocal__method, (str, NoneType)):
                        raise Invalid
                if 'files' in data__artifactsynctolocal_keys:
                    data__artifactsynctolocal_keys.remove('files')
                    data__artifactsynctolocal__files = data__artifactsynctolocal['files']
                    if not isinstance(data__artifactsynctolocal__files, (int, NoneType)) and (not (isinstance(data__artifactsynctolocal__files, float) and data__artifactsynctolocal__files.is_integer())) or isinstance(data__artifactsynctolocal__files, bool):
                        raise Invalid
                if 'bytes' in data__artifactsynctolocal_keys:
                    data__artifactsynctolocal_keys.remove('bytes')
                    data__artifactsynctolocal__bytes = data__artifactsynctolocal['bytes']
                    if not isinstance(data__artifactsynctolocal__bytes, (int, NoneType)) and (not (isinstance(data__artifactsynctolocal__bytes, float) and data__artifactsynctolocal__bytes.is_integer())) or isinstance(data__artifactsynctolocal__bytes, bool):
                        raise Invalid
                if 'diagnosis' in data__artifactsynctolocal_keys:
                    data__artifactsynctolocal_keys.remove('diagnosis')
                    data__artifactsynctolocal__diagnosis = data__artifactsynctolocal['diagnosis']
                    if not isinstance(data__artifactsynctolocal__diagnosis, (str, NoneType)):
                        raise Invalid
        if 'commit' in data_keys:
            data_keys.remove('commit')
            data__commit = data['commit']
            if not isinstance(data__commit, (dict, NoneType)):
                raise Invalid
            data__commit_is_dict = isinstance(data__commit, dict)
            if data__commit_is_dict:
                data__commit_keys = set(data__commit.keys())
                if 'sha' in data__commit_keys:
                    data__commit_keys.remove('sha')
                    data__commit__sha = data__commit['sha']
                    if not isinstance(data__commit__sha, (str, NoneType)):
                        raise Invalid
                if 'branch' in data__commit_keys:
                    data__commit_keys.remove('branch')
                    data__commit__branch = data__commit['branch']
                    if not isinstance(data__commit__branch, (str, NoneType)):
                        raise Invalid
                if 'dirty' in data__commit_keys:
                    data__commit_keys.remove('dirty')
                    data__commit__dirty = data__commit['dirty']
                    if not isinstance(data__commit__dirty, (bool, NoneType)):
                        raise Invalid
                if 'diff_sha256' in data__commit_keys:
                    data__commit_keys.remove('diff_sha256')
                    data__commit__diffsha256 = data__commit['diff_sha256']
                    if not isinstance(data__commit__diffsha256, (str, NoneType)):
                        raise Invalid
                if 'untracked' in data__commit_keys:
                    data__commit_keys.remove('untracked')
                    data__commit__untracked = data__commit['untracked']
                    if not isinstance(data__commit__untracked, (int, NoneType)) and (not (isinstance(data__commit__untracked, float) and data__commit__untracked.is_integer())) or isinstance(data__commit__untracked, bool):
                        raise Invalid
                if 'note' in data__commit_keys:
                    data__commit_keys.remove('note')
                    data__commit__note = data__commit['note']
                    if not isinstance(data__commit__note, (str, NoneType)):
                        raise Invalid
        if 'host' in data_keys:
            data_keys.remove('host')
            data__host = data['host']
            if not isinstance(data__host, dict):
                raise Invalid
            data__host_is_dict = isinstance(data__host, dict)
            if data__host_is_dict:
                data__host_keys = set(data__host.keys())
                for data__host_key in data__host_keys:
                    if data__host_key not in []:
                        data__host_value = data__host.get(data__host_key)
                        _check_probe(data__host_value)
        if 'submission' in data_keys:
            data_keys.remove('submission')
            data__submission = data['submission']
            if not isinstance(data__submission, (dict, NoneType)):
                raise Invalid
            data__submission_is_dict = isinstance(data__submission, dict)
            if data__submission_is_dict:
                data__submission__missing_keys = set(['token']) - data__submission.keys()
                if data__submission__missing_keys:
                    raise Invalid
                data__submission_keys = set(data__submission.keys())
                if 'token' in data__submission_keys:
                    data__submission_keys.remove('token')
                    data__submission__token = data__submission['token']
                    if not isinstance(data__submission__token, str):
                        raise Invalid
                if 'script' in data__submission_keys:
                    data__submission_keys.remove('script')
                    data__submission__script = data__submission['script']
                    if not isinstance(data__submission__script, (str, NoneType)):
                        raise Invalid
                if 'script_sha256' in data__submission_keys:
                    data__submission_keys.remove('script_sha256')
                    data__submission__scriptsha256 = data__submission['script_sha256']
                    if not isinstance(data__submission__scriptsha256, (str, NoneType)):
                        raise Invalid
                if 'pid' in data__submission_keys:
                    data__submission_keys.remove('pid')
                    data__submission__pid = data__submission['pid']
                    if not isinstance(data__submission__pid, (int, NoneType)) and (not (isinstance(data__submission__pid, float) and data__submission__pid.is_integer())) or isinstance(data__submission__pid, bool):
                        raise Invalid
                if 'host' in data__submission_keys:
                    data__submission_keys.remove('host')
                    data__submission__host = data__submission['host']
                    if not isinstance(data__submission__host, (str, NoneType)):
                        raise Invalid
        if 'scheduler' in data_keys:
            data_keys.remove('scheduler')
            data__scheduler = data['scheduler']
            if not isinstance(data__scheduler, (dict, NoneType)):
                raise Invalid
        if 'failure' in data_keys:
            data_keys.remove('failure')
            data__failure = data['failure']
            if not isinstance(data__failure, (dict, NoneType)):
                raise Invalid
            data__failure_is_dict = isinstance(data__failure, dict)
            if data__failure_is_dict:
                data__failure__missing_keys = set(['reason']) - data__failure.keys()
                if data__failure__missing_keys:
                    raise Invalid
                data__failure_keys = set(data__failure.keys())
                if 'reason' in data__failure_keys:
                    data__failure_keys.remove('reason')
                    data__failure__reason = data__failure['reason']
                    if not isinstance(data__failure__reason, str):
                        raise Invalid
                if 'stage' in data__failure_keys:
                    data__failure_keys.remove('stage')
                    data__failure__stage = data__failure['stage']
                    if not (isinstance(data__failure__stage, str) and data__failure__stage == 'hypothesis' or (isinstance(data__failure__stage, str) and data__failure__stage == 'design') or (isinstance(data__failure__stage, str) and data__failure__stage == 'implementation') or (isinstance(data__failure__stage, str) and data__failure__stage == 'implementation_review') or (isinstance(data__failure__stage, str) and data__failure__stage == 'launch') or (isinstance(data__failure__stage, str) and data__failure__stage == 'slurm_monitor') or (isinstance(data__failure__stage, str) and data__failure__stage == 'extract_results') or (isinstance(data__failure__stage, str) and data__failure__stage == 'update_docs') or (isinstance(data__failure__stage, str) and data__failure__stage == 'decide_repeat') or (isinstance(data__failure__stage, str) and data__failure__stage == 'human_review') or (isinstance(data__failure__stage, str) and data__failure__stage == 'stop') or (data__failure__stage is None)):
                        raise Invalid
                if 'native_state' in data__failure_keys:
                    data__failure_keys.remove('native_state')
                    data__failure__nativestate = data__failure['native_state']
                    if not isinstance(data__failure__nativestate, (str, NoneType)):
                        raise Invalid
                if 'exit' in data__failure_keys:
                    data__failure_keys.remove('exit')
                    data__failure__exit = data__failure['exit']
                    if not isinstance(data__failure__exit, (str, NoneType)):
                        raise Invalid
                if 'advice' in data__failure_keys:
                    data__failure_keys.remove('advice')
                    data__failure__advice = data__failure['advice']
                    if not isinstance(data__failure__advice, (str, NoneType)):
                        raise Invalid
                if 'outcome' in data__failure_keys:
                    data__failure_keys.remove('outcome')
                    data__failure__outcome = data__failure['outcome']
                    if not (isinstance(data__failure__outcome, str) and data__failure__outcome == 'advance' or (isinstance(data__failure__outcome, str) and data__failure__outcome == 'stay') or (isinstance(data__failure__outcome, str) and data__failure__outcome == 'needs_retry') or (isinstance(data__failure__outcome, str) and data__failure__outcome == 'human_review') or (isinstance(data__failure__outcome, str) and data__failure__outcome == 'stop') or (data__failure__outcome is None)):
                        raise Invalid
                if 'missing' in data__failure_keys:
                    data__failure_keys.remove('missing')
                    data__failure__missing = data__failure['missing']
                    if not isinstance(data__failure__missing, list):
                        raise Invalid
                    data__failure__missing_is_list = isinstance(data__failure__missing, list)
                    if data__failure__missing_is_list:
                        data__failure__missing_len = len(data__failure__missing)
                        for data__failure__missing_x, data__failure__missing_item in enumerate(data__failure__missing):
                            if not isinstance(data__failure__missing_item, str):
                                raise Invalid
        if 'environment' in data_keys:
            data_keys.remove('environment')
            data__environment = data['environment']
            if not isinstance(data__environment, (dict, NoneType)):
                raise Invalid
            data__environment_is_dict = isinstance(data__environment, dict)
            if data__environment_is_dict:
                data__environment_keys = set(data__environment.keys())
                if 'activation_sha256' in data__environment_keys:
                    data__environment_keys.remove('activation_sha256')
                    data__environment__activationsha256 = data__environment['activation_sha256']
                    if not isinstance(data__environment__activationsha256, (str, NoneType)):
                        raise Invalid
                if 'python' in data__environment_keys:
                    data__environment_keys.remove('python')
                    data__environment__python = data__environment['python']
                    if not isinstance(data__environment__python, (str, NoneType)):
                        raise Invalid
                if 'platform' in data__environment_keys:
                    data__environment_keys.remove('platform')
                    data__environment__platform = data__environment['platform']
                    if not isinstance(data__environment__platform, (str, NoneType)):
                        raise Invalid
                if 'hostname' in data__environment_keys:
                    data__environment_keys.remove('hostname')
                    data__environment__hostname = data__environment['hostname']
                    if not isinstance(data__environment__hostname, (str, NoneType)):
                        raise Invalid
                if 'packages_sha256' in data__environment_keys:
                    data__environment_keys.remove('packages_sha256')
                    data__environment__packagessha256 = data__environment['packages_sha256']
                    if not isinstance(data__environment__packagessha256, (str, NoneType)):
                        raise Invalid
                if 'inputs' in data__environment_keys:
                    data__environment_keys.remove('inputs')
                    data__environment__inputs = data__environment['inputs']
                    if not isinstance(data__environment__inputs, dict):
                        raise Invalid
                    data__environment__inputs_is_dict = isinstance(data__environment__inputs, dict)
                    if data__environment__inputs_is_dict:
                        data__environment__inputs_keys = set(data__environment__inputs.keys())
                        for data__environment__inputs_key in data__environment__inputs_keys:
                            if data__environment__inputs_key not in []:
                                data__environment__inputs_value = data__environment__inputs.get(data__environment__inputs_key)
                                if not isinstance(data__environment__inputs_value, str):
                                    raise Invalid
                if 'note' in data__environment_keys:
                    data__environment_keys.remove('note')
                    data__environment__note = data__environment['note']
                    if not isinstance(data__environment__note, (str, NoneType)):
                        raise Invalid
        if 'verifier_snapshot' in data_keys:
            data_keys.remove('verifier_snapshot')
            data__verifiersnapshot = data['verifier_snapshot']
            if not isinstance(data__verifiersnapshot, (dict, NoneType)):
                raise Invalid
            data__verifiersnapshot_is_dict = isinstance(data__verifiersnapshot, dict)
            if data__verifiersnapshot_is_dict:
                data__verifiersnapshot__missing_keys = set(['passed']) - data__verifiersnapshot.keys()
                if data__verifiersnapshot__missing_keys:
                    raise Invalid
                data__verifiersnapshot_keys = set(data__verifiersnapshot.keys())
                if 'passed' in data__verifiersnapshot_keys:
                    data__verifiersnapshot_keys.remove('passed')
                    data__verifiersnapshot__passed = data__verifiersnapshot['passed']
                    if not isinstance(data__verifiersnapshot__passed, bool):
                        raise Invalid
                if 'counts' in data__verifiersnapshot_keys:
                    data__verifiersnapshot_keys.remove('counts')
                    data__verifiersnapshot__counts = data__verifiersnapshot['counts']
                    if not isinstance(data__verifiersnapshot__counts, dict):
                        raise Invalid
                    data__verifiersnapshot__counts_is_dict = isinstance(data__verifiersnapshot__counts, dict)
                    if data__verifiersnapshot__counts_is_dict:
                        data__verifiersnapshot__counts_keys = set(data__verifiersnapshot__counts.keys())
                        for data__verifiersnapshot__counts_key in data__verifiersnapshot__counts_keys:
                            if data__verifiersnapshot__counts_key not in []:
                                data__verifiersnapshot__counts_value = data__verifiersnapshot__counts.get(data__verifiersnapshot__counts_key)
                                if not isinstance(data__verifiersnapshot__counts_value, int) and (not (isinstance(data__verifiersnapshot__counts_value, float) and data__verifiersnapshot__counts_value.is_integer())) or isinstance(data__verifiersnapshot__counts_value, bool):
                                    raise Invalid
                if 'message' in data__verifiersnapshot_keys:
                    data__verifiersnapshot_keys.remove('message')
                    data__verifiersnapshot__message = data__verifiersnapshot['message']
                    if not isinstance(data__verifiersnapshot__message, (str, NoneType)):
                        raise Invalid
        if 'guard' in data_keys:
            data_keys.remove('guard')
            data__guard = data['guard']
            if not isinstance(data__guard, (dict, NoneType)):
                raise Invalid
        if 'review' in data_keys:
            data_keys.remove('review')
            data__review = data['review']
            if not isinstance(data__review, (dict, NoneType)):
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
                    if not isinstance(data__history_item, dict):
                        raise Invalid
                    data__history_item_is_dict = isinstance(data__history_item, dict)
                    if data__history_item_is_dict:
                        data__history_item__missing_keys = set(['at', 'status']) - data__history_item.keys()
                        if data__history_item__missing_keys:
                            raise Invalid
                        data__history_item_keys = set(data__history_item.keys())
                        if 'at' in data__history_item_keys:
                            data__history_item_keys.remove('at')
                            data__history_item__at = data__history_item['at']
                            _check_time(data__history_item__at)
                        if 'status' in data__history_item_keys:
                            data__history_item_keys.remove('status')
                            data__history_item__status = data__history_item['status']
                            if not (isinstance(data__history_item__status, str) and data__history_item__status == 'pending' or (isinstance(data__history_item__status, str) and data__history_item__status == 'submitted') or (isinstance(data__history_item__status, str) and data__history_item__status == 'running') or (isinstance(data__history_item__status, str) and data__history_item__status == 'synced') or (isinstance(data__history_item__status, str) and data__history_item__status == 'completed') or (isinstance(data__history_item__status, str) and data__history_item__status == 'failed') or (isinstance(data__history_item__status, str) and data__history_item__status == 'partial')):
                                raise Invalid
                        if 'why' in data__history_item_keys:
                            data__history_item_keys.remove('why')
                            data__history_item__why = data__history_item['why']
                            if not isinstance(data__history_item__why, str):
                                raise Invalid
    try:
        data_any_of_count1 = 0
        if not data_any_of_count1:
            try:
                data_is_dict = isinstance(data, dict)
                if data_is_dict:
                    data__missing_keys = set(['host_mode']) - data.keys()
                    if data__missing_keys:
                        raise Invalid
                    data_keys = set(data.keys())
                    if 'host_mode' in data_keys:
                        data_keys.remove('host_mode')
                        data__hostmode = data['host_mode']
                        if not (isinstance(data__hostmode, str) and data__hostmode == 'slurm'):
                            raise Invalid
                data_any_of_count1 += 1
            except Invalid:
                pass
        if not data_any_of_count1:
            try:
                data_is_dict = isinstance(data, dict)
                if data_is_dict:
                    data__missing_keys = set(['launch_mode']) - data.keys()
                    if data__missing_keys:
                        raise Invalid
                    data_keys = set(data.keys())
                    if 'launch_mode' in data_keys:
                        data_keys.remove('launch_mode')
                        data__launchmode = data['launch_mode']
                        if not (isinstance(data__launchmode, str) and data__launchmode == 'slurm'):
                            raise Invalid
                    if 'host_mode' in data_keys:
                        data_keys.remove('host_mode')
                        data__hostmode = data['host_mode']
                        if not isinstance(data__hostmode, NoneType):
                            raise Invalid
                data_any_of_count1 += 1
            except Invalid:
                pass
        if not data_any_of_count1:
            raise Invalid
        data_is_dict = isinstance(data, dict)
        if data_is_dict:
            data__missing_keys = set(['status']) - data.keys()
            if data__missing_keys:
                raise Invalid
            data_keys = set(data.keys())
            if 'status' in data_keys:
                data_keys.remove('status')
                data__status = data['status']
                if not (isinstance(data__status, str) and data__status == 'submitted' or (isinstance(data__status, str) and data__status == 'running') or (isinstance(data__status, str) and data__status == 'synced') or (isinstance(data__status, str) and data__status == 'completed') or (isinstance(data__status, str) and data__status == 'partial')):
                    raise Invalid
    except Invalid:
        pass
    else:
        data_any_of_count2 = 0
        if not data_any_of_count2:
            try:
                data_is_dict = isinstance(data, dict)
                if data_is_dict:
                    data__missing_keys = set(['job_id']) - data.keys()
                    if data__missing_keys:
                        raise Invalid
                    data_keys = set(data.keys())
                    if 'job_id' in data_keys:
                        data_keys.remove('job_id')
                        data__jobid = data['job_id']
                        _check_job_id_present(data__jobid)
                data_any_of_count2 += 1
            except Invalid:
                pass
        if not data_any_of_count2:
            try:
                data_is_dict = isinstance(data, dict)
                if data_is_dict:
                    data__missing_keys = set(['slurm']) - data.keys()
                    if data__missing_keys:
                        raise Invalid
                    data_keys = set(data.keys())
                    if 'slurm' in data_keys:
                        data_keys.remove('slurm')
                        data__slurm = data['slurm']
                        if not isinstance(data__slurm, dict):
                            raise Invalid
                        data__slurm_is_dict = isinstance(data__slurm, dict)
                        if data__slurm_is_dict:
                            data__slurm__missing_keys = set(['job_id']) - data__slurm.keys()
                            if data__slurm__missing_keys:
                                raise Invalid
                            data__slurm_keys = set(data__slurm.keys())
                            if 'job_id' in data__slurm_keys:
                                data__slurm_keys.remove('job_id')
                                data__slurm__jobid = data__slurm['job_id']
                                _check_job_id_present(data__slurm__jobid)
                data_any_of_count2 += 1
            except Invalid:
                pass
        if not data_any_of_count2:
            try:
                data_is_dict = isinstance(data, dict)
                if data_is_dict:
                    data__missing_keys = set(['resource_request']) - data.keys()
                    if data__missing_keys:
                        raise Invalid
                    data_keys = set(data.keys())
                    if 'resource_request' in data_keys:
                        data_keys.remove('resource_request')
                        data__resourcerequest = data['resource_request']
                        if not isinstance(data__resourcerequest, dict):
                            raise Invalid
                        data__resourcerequest_is_dict = isinstance(data__resourcerequest, dict)
                        if data__resourcerequest_is_dict:
                            data__resourcerequest__missing_keys = set(['job_id']) - data__resourcerequest.keys()
                            if data__resourcerequest__missing_keys:
                                raise Invalid
                            data__resourcerequest_keys = set(data__resourcerequest.keys())
                            if 'job_id' in data__resourcerequest_keys:
                                data__resourcerequest_keys.remove('job_id')
                                data__resourcerequest__jobid = data__resourcerequest['job_id']
                                _check_job_id_present(data__resourcerequest__jobid)
                data_any_of_count2 += 1
            except Invalid:
                pass
        if not data_any_of_count2:
            try:
                data_is_dict = isinstance(data, dict)
                if data_is_dict:
                    data__missing_keys = set(['resource_request']) - data.keys()
                    if data__missing_keys:
                        raise Invalid
                    data_keys = set(data.keys())
                    if 'resource_request' in data_keys:
                        data_keys.remove('resource_request')
                        data__resourcerequest = data['resource_request']
                        if not isinstance(data__resourcerequest, dict):
                            raise Invalid
                        data__resourcerequest_is_dict = isinstance(data__resourcerequest, dict)
                        if data__resourcerequest_is_dict:
                            data__resourcerequest__missing_keys = set(['slurm']) - data__resourcerequest.keys()
                            if data__resourcerequest__missing_keys:
                                raise Invalid
                            data__resourcerequest_keys = set(data__resourcerequest.keys())
                            if 'slurm' in data__resourcerequest_keys:
                                data__resourcerequest_keys.remove('slurm')
                                data__resourcerequest__slurm = data__resourcerequest['slurm']
                                if not isinstance(data__resourcerequest__slurm, dict):
                                    raise Invalid
                                data__resourcerequest__slurm_is_dict = isinstance(data__resourcerequest__slurm, dict)
                                if data__resourcerequest__slurm_is_dict:
                                    data__resourcerequest__slurm__missing_keys = set(['job_id']) - data__resourcerequest__slurm.keys()
                                    if data__resourcerequest__slurm__missing_keys:
                                        raise Invalid
                                    data__resourcerequest__slurm_keys = set(data__resourcerequest__slurm.keys())
                                    if 'job_id' in data__resourcerequest__slurm_keys:
                                        data__resourcerequest__slurm_keys.remove('job_id')
                                        data__resourcerequest__slurm__jobid = data__resourcerequest__slurm['job_id']
                                        _check_job_id_present(data__resourcerequest__slurm__jobid)
                data_any_of_count2 += 1
            except Invalid:
                pass
        if not data_any_of_count2:
            raise Invalid


def _check_job_id_present(data):
    data_any_of_count3 = 0
    if not data_any_of_count3:
        try:
            if not isinstance(data, str):
                raise Invalid
            if isinstance(data, str):
                data_len = len(data)
                if data_len < 1:
                    raise Invalid
            data_any_of_count3 += 1
        except Invalid:
            pass
    if not data_any_of_count3:
        try:
            if not isinstance(data, int) and (not (isinstance(data, float) and data.is_integer())) or isinstance(data, bool):
                raise Invalid
            if isinstance(data, (int, float)) and (not isinstance(data, bool)):
                if data < 1:
                    raise Invalid
            data_any_of_count3 += 1
        except Invalid:
            pass
    if not data_any_of_count3:
        raise Invalid


def _check_time(data):
    if not isinstance(data, str):
        raise Invalid
    if isinstance(data, str):
        if not is_timestamp(data):
            raise Invalid


def _check_probe(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['argv', 'exit_code']) - data.keys()
        if data__missing_keys:
            raise Invalid
        data_keys = set(data.keys())
        if 'argv' in data_keys:
            data_keys.remove('argv')
            data__argv = data['argv']
            if not isinstance(data__argv, list):
                raise Invalid
            data__argv_is_list = isinstance(data__argv, list)
            if data__argv_is_list:
                data__argv_len = len(data__argv)
                for data__argv_x, data__argv_item in enumerate(data__argv):
                    if not isinstance(data__argv_item, str):
                        raise Invalid
        if 'exit_code' in data_keys:
            data_keys.remove('exit_code')
            data__exitcode = data['exit_code']
            if not isinstance(data__exitcode, (int, NoneType)) and (not (isinstance(data__exitcode, float) and data__exitcode.is_integer())) or isinstance(data__exitcode, bool):
                raise Invalid
        if 'stdout' in data_keys:
            data_keys.remove('stdout')
            data__stdout = data['stdout']
            if not isinstance(data__stdout, str):
                raise Invalid
        if 'stderr' in data_keys:
            data_keys.remove('stderr')
            data__stderr = data['stderr']
            if not isinstance(data__stderr, str):
                raise Invalid


def _check_optional_time(data):
    if not isinstance(data, (str, NoneType)):
        raise Invalid
    if isinstance(data, str):
        if not is_timestamp(data):
            raise Invalid


def _check_duration(data):
    if not isinstance(data, (str, int, NoneType)) and (not (isinstance(data, float) and data.is_integer())) or isinstance(data, bool):
        raise Invalid
    if isinstance(data, str):
        if not _PATTERN_0.search(data):
            raise Invalid
    if isinstance(data, (int, float)) and (not isinstance(data, bool)):
        if data < 1:
            raise Invalid
        if data > 999999999:
            raise Invalid


def _check_memory(data):
    if not isinstance(data, (str, int, NoneType)) and (not (isinstance(data, float) and data.is_integer())) or isinstance(data, bool):
        raise Invalid
    if isinstance(data, str):
        if not _PATTERN_1.search(data):
            raise Invalid
    if isinstance(data, (int, float)) and (not isinstance(data, bool)):
        if data < 1:
            raise Invalid
        if data > 999999999999:
            raise Invalid


def _check_id(data):
    if not isinstance(data, str):
        raise Invalid
    if isinstance(data, str):
        data_len = len(data)
        if data_len > 128:
            raise Invalid
        if not _PATTERN_2.search(data):
            raise Invalid
