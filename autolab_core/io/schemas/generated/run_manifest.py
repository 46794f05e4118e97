# generated from schemas/run_manifest.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 d1b458bcfc7046f84aeb1eb208b22d1634ea5b5175bff1fec2320458596a6dd6
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
        if 'run_id' not in data or 'iteration_id' not in data or 'status' not in data:
            raise Invalid
        if 'schema_version' in data:
            data__schemaversion = data['schema_version']
            if not isinstance(data__schemaversion, str):
                raise Invalid
        if 'run_id' in data:
            data__runid = data['run_id']
            _check_id(data__runid)
        if 'iteration_id' in data:
            data__iterationid = data['iteration_id']
            _check_id(data__iterationid)
        if 'launch_mode' in data:
            data__launchmode = data['launch_mode']
            if data__launchmode not in ('local', 'slurm', None):
                raise Invalid
        if 'host_mode' in data:
            data__hostmode = data['host_mode']
            if data__hostmode not in ('local', 'slurm', None):
                raise Invalid
        if 'status' in data:
            data__status = data['status']
            if data__status not in ('pending', 'submitted', 'running', 'synced', 'completed', 'failed', 'partial'):
                raise Invalid
        if 'command' in data:
            data__command = data['command']
            if not isinstance(data__command, (str, NoneType)):
                raise Invalid
        if 'job_id' in data:
            data__jobid = data['job_id']
            if not isinstance(data__jobid, (str, int, NoneType)) and (not (isinstance(data__jobid, float) and data__jobid.is_integer())) or isinstance(data__jobid, bool):
                raise Invalid
            if isinstance(data__jobid, (int, float)) and (not isinstance(data__jobid, bool)):
                if data__jobid < 1:
                    raise Invalid
        if 'cluster' in data:
            data__cluster = data['cluster']
            if not isinstance(data__cluster, (str, NoneType)):
                raise Invalid
        if 'resource_request' in data:
            data__resourcerequest = data['resource_request']
            if not isinstance(data__resourcerequest, (dict, NoneType)):
                raise Invalid
            data__resourcerequest_is_dict = isinstance(data__resourcerequest, dict)
            if data__resourcerequest_is_dict:
                if 'cpus' in data__resourcerequest:
                    data__resourcerequest__cpus = data__resourcerequest['cpus']
                    if not isinstance(data__resourcerequest__cpus, (int, NoneType)) and (not (isinstance(data__resourcerequest__cpus, float) and data__resourcerequest__cpus.is_integer())) or isinstance(data__resourcerequest__cpus, bool):
                        raise Invalid
                if 'memory' in data__resourcerequest:
                    data__resourcerequest__memory = data__resourcerequest['memory']
                    _check_memory(data__resourcerequest__memory)
                if 'gpu_count' in data__resourcerequest:
                    data__resourcerequest__gpucount = data__resourcerequest['gpu_count']
                    if not isinstance(data__resourcerequest__gpucount, int) and (not (isinstance(data__resourcerequest__gpucount, float) and data__resourcerequest__gpucount.is_integer())) or isinstance(data__resourcerequest__gpucount, bool):
                        raise Invalid
                if 'gpu_type' in data__resourcerequest:
                    data__resourcerequest__gputype = data__resourcerequest['gpu_type']
                    if not isinstance(data__resourcerequest__gputype, (str, NoneType)):
                        raise Invalid
                if 'walltime' in data__resourcerequest:
                    data__resourcerequest__walltime = data__resourcerequest['walltime']
                    _check_duration(data__resourcerequest__walltime)
                if 'partition' in data__resourcerequest:
                    data__resourcerequest__partition = data__resourcerequest['partition']
                    if not isinstance(data__resourcerequest__partition, (str, NoneType)):
                        raise Invalid
                if 'qos' in data__resourcerequest:
                    data__resourcerequest__qos = data__resourcerequest['qos']
                    if not isinstance(data__resourcerequest__qos, (str, NoneType)):
                        raise Invalid
                if 'account' in data__resourcerequest:
                    data__resourcerequest__account = data__resourcerequest['account']
                    if not isinstance(data__resourcerequest__account, (str, NoneType)):
                        raise Invalid
                if 'num_nodes' in data__resourcerequest:
                    data__resourcerequest__numnodes = data__resourcerequest['num_nodes']
                    if not isinstance(data__resourcerequest__numnodes, (int, NoneType)) and (not (isinstance(data__resourcerequest__numnodes, float) and data__resourcerequest__numnodes.is_integer())) or isinstance(data__resourcerequest__numnodes, bool):
                        raise Invalid
        if 'timestamps' in data:
            data__timestamps = data['timestamps']
            if not isinstance(data__timestamps, dict):
                raise Invalid
            data__timestamps_is_dict = isinstance(data__timestamps, dict)
            if data__timestamps_is_dict:
                if 'created_at' in data__timestamps:
                    data__timestamps__createdat = data__timestamps['created_at']
                    _check_optional_time(data__timestamps__createdat)
                if 'started_at' in data__timestamps:
                    data__timestamps__startedat = data__timestamps['started_at']
                    _check_optional_time(data__timestamps__startedat)
                if 'completed_at' in data__timestamps:
                    data__timestamps__completedat = data__timestamps['completed_at']
                    _check_optional_time(data__timestamps__completedat)
        if 'artifact_sync_to_local' in data:
            data__artifactsynctolocal = data['artifact_sync_to_local']
            if not isinstance(data__artifactsynctolocal, (dict, NoneType)):
                raise Invalid
            data__artifactsynctolocal_is_dict = isinstance(data__artifactsynctolocal, dict)
            if data__artifactsynctolocal_is_dict:
                if 'status' not in data__artifactsynctolocal:
                    raise Invalid
                if 'status' in data__artifactsynctolocal:
                    data__artifactsynctolocal__status = data__artifactsynctolocal['status']
                    if data__artifactsynctolocal__status not in ('pending', 'syncing', 'ok', 'failed', 'completed', 'done', 'error', 'failure', 'in_progress', 'not_started', 'queued', 'running', 'succeeded', 'success', 'synced'):
                        raise Invalid
                if 'method' in data__artifactsynctolocal:
                    data__artifactsynctolocal__method = data__artifactsynctolocal['method']
                    if not isinstance(data__artifactsynctolocal__method, (str, NoneType)):
                        raise Invalid
                if 'files' in data__artifactsynctolocal:
                    data__artifactsynctolocal__files = data__artifactsynctolocal['files']
                    if not isinstance(data__artifactsynctolocal__files, (int, NoneType)) and (not (isinstance(data__artifactsynctolocal__files, float) and data__artifactsynctolocal__files.is_integer())) or isinstance(data__artifactsynctolocal__files, bool):
                        raise Invalid
                if 'bytes' in data__artifactsynctolocal:
                    data__artifactsynctolocal__bytes = data__artifactsynctolocal['bytes']
                    if not isinstance(data__artifactsynctolocal__bytes, (int, NoneType)) and (not (isinstance(data__artifactsynctolocal__bytes, float) and data__artifactsynctolocal__bytes.is_integer())) or isinstance(data__artifactsynctolocal__bytes, bool):
                        raise Invalid
                if 'checksums_sha256' in data__artifactsynctolocal:
                    data__artifactsynctolocal__checksumssha256 = data__artifactsynctolocal['checksums_sha256']
                    if not isinstance(data__artifactsynctolocal__checksumssha256, (str, NoneType)):
                        raise Invalid
                if 'diagnosis' in data__artifactsynctolocal:
                    data__artifactsynctolocal__diagnosis = data__artifactsynctolocal['diagnosis']
                    if not isinstance(data__artifactsynctolocal__diagnosis, (str, NoneType)):
                        raise Invalid
                if 'duration_seconds' in data__artifactsynctolocal:
                    data__artifactsynctolocal__durationseconds = data__artifactsynctolocal['duration_seconds']
                    if not isinstance(data__artifactsynctolocal__durationseconds, (int, float, NoneType)) or isinstance(data__artifactsynctolocal__durationseconds, bool):
                        raise Invalid
                    if isinstance(data__artifactsynctolocal__durationseconds, (int, float)) and (not isinstance(data__artifactsynctolocal__durationseconds, bool)):
                        if data__artifactsynctolocal__durationseconds < 0:
                            raise Invalid
                if 'fault' in data__artifactsynctolocal:
                    data__artifactsynctolocal__fault = data__artifactsynctolocal['fault']
                    if not isinstance(data__artifactsynctolocal__fault, (dict, NoneType)):
                        raise Invalid
                    data__artifactsynctolocal__fault_is_dict = isinstance(data__artifactsynctolocal__fault, dict)
                    if data__artifactsynctolocal__fault_is_dict:
                        if 'kind' not in data__artifactsynctolocal__fault:
                            raise Invalid
                        if 'kind' in data__artifactsynctolocal__fault:
                            data__artifactsynctolocal__fault__kind = data__artifactsynctolocal__fault['kind']
                            if not isinstance(data__artifactsynctolocal__fault__kind, str):
                                raise Invalid
                        if 'transient' in data__artifactsynctolocal__fault:
                            data__artifactsynctolocal__fault__transient = data__artifactsynctolocal__fault['transient']
                            if not isinstance(data__artifactsynctolocal__fault__transient, bool):
                                raise Invalid
                        if 'exit_code' in data__artifactsynctolocal__fault:
                            data__artifactsynctolocal__fault__exitcode = data__artifactsynctolocal__fault['exit_code']
                            if not isinstance(data__artifactsynctolocal__fault__exitcode, (int, NoneType)) and (not (isinstance(data__artifactsynctolocal__fault__exitcode, float) and data__artifactsynctolocal__fault__exitcode.is_integer())) or isinstance(data__artifactsynctolocal__fault__exitcode, bool):
                                raise Invalid
                        if 'last_lines' in data__artifactsynctolocal__fault:
                            data__artifactsynctolocal__fault__lastlines = data__artifactsynctolocal__fault['last_lines']
                            if not isinstance(data__artifactsynctolocal__fault__lastlines, list):
                                raise Invalid
                            data__artifactsynctolocal__fault__lastlines_is_list = isinstance(data__artifactsynctolocal__fault__lastlines, list)
                            if data__artifactsynctolocal__fault__lastlines_is_list:
                                data__artifactsynctolocal__fault__lastlines_len = len(data__artifactsynctolocal__fault__lastlines)
                                for data__artifactsynctolocal__fault__lastlines_x, data__artifactsynctolocal__fault__lastlines_item in enumerate(data__artifactsynctolocal__fault__lastlines):
                                    if not isinstance(data__artifactsynctolocal__fault__lastlines_item, str):
                                        raise Invalid
                if 'failed_attempts' in data__artifactsynctolocal:
                    data__artifactsynctolocal__failedattempts = data__artifactsynctolocal['failed_attempts']
                    if not isinstance(data__artifactsynctolocal__failedattempts, (int, NoneType)) and (not (isinstance(data__artifactsynctolocal__failedattempts, float) and data__artifactsynctolocal__failedattempts.is_integer())) or isinstance(data__artifactsynctolocal__failedattempts, bool):
                        raise Invalid
                if 'failed_at' in data__artifactsynctolocal:
                    data__artifactsynctolocal__failedat = data__artifactsynctolocal['failed_at']
                    if not isinstance(data__artifactsynctolocal__failedat, (str, NoneType)):
                        raise Invalid
                    if isinstance(data__artifactsynctolocal__failedat, str):
                        if not is_timestamp(data__artifactsynctolocal__failedat):
                            raise Invalid
        if 'commit' in data:
            data__commit = data['commit']
            if not isinstance(data__commit, (dict, NoneType)):
                raise Invalid
            data__commit_is_dict = isinstance(data__commit, dict)
            if data__commit_is_dict:
                if 'sha' in data__commit:
                    data__commit__sha = data__commit['sha']
                    if not isinstance(data__commit__sha, (str, NoneType)):
                        raise Invalid
                if 'branch' in data__commit:
                    data__commit__branch = data__commit['branch']
                    if not isinstance(data__commit__branch, (str, NoneType)):
                        raise Invalid
                if 'dirty' in data__commit:
                    data__commit__dirty = data__commit['dirty']
                    if not isinstance(data__commit__dirty, (bool, NoneType)):
                        raise Invalid
                if 'diff_sha256' in data__commit:
                    data__commit__diffsha256 = data__commit['diff_sha256']
                    if not isinstance(data__commit__diffsha256, (str, NoneType)):
                        raise Invalid
                if 'untracked' in data__commit:
                    data__commit__untracked = data__commit['untracked']
                    if not isinstance(data__commit__untracked, (int, NoneType)) and (not (isinstance(data__commit__untracked, float) and data__commit__untracked.is_integer())) or isinstance(data__commit__untracked, bool):
                        raise Invalid
                if 'note' in data__commit:
                    data__commit__note = data__commit['note']
                    if not isinstance(data__commit__note, (str, NoneType)):
                        raise Invalid
        if 'host' in data:
            data__host = data['host']
            if not isinstance(data__host, dict):
                raise Invalid
            data__host_is_dict = isinstance(data__host, dict)
            if data__host_is_dict:
                for data__host_key in data__host:
                    if data__host_key not in []:
                        data__host_value = data__host.get(data__host_key)
                        _check_probe(data__host_value)
        if 'submission' in data:
            data__submission = data['submission']
            if not isinstance(data__submission, (dict, NoneType)):
                raise Invalid
            data__submission_is_dict = isinstance(data__submission, dict)
            if data__submission_is_dict:
                if 'token' not in data__submission:
                    raise Invalid
                if 'token' in data__submission:
                    data__submission__token = data__submission['token']
                    if not isinstance(data__submission__token, str):
                        raise Invalid
                if 'script' in data__submission:
                    data__submission__script = data__submission['script']
                    if not isinstance(data__submission__script, (str, NoneType)):
                        raise Invalid
                if 'script_sha256' in data__submission:
                    data__submission__scriptsha256 = data__submission['script_sha256']
                    if not isinstance(data__submission__scriptsha256, (str, NoneType)):
                        raise Invalid
                if 'pid' in data__submission:
                    data__submission__pid = data__submission['pid']
                    if not isinstance(data__submission__pid, (int, NoneType)) and (not (isinstance(data__submission__pid, float) and data__submission__pid.is_integer())) or isinstance(data__submission__pid, bool):
                        raise Invalid
                if 'host' in data__submission:
                    data__submission__host = data__submission['host']
                    if not isinstance(data__submission__host, (str, NoneType)):
                        raise Invalid
                if 'own_cluster' in data__submission:
                    data__submission__owncluster = data__submission['own_cluster']
                    if not isinstance(data__submission__owncluster, bool):
                        raise Invalid
                if 'allocation' in data__submission:
                    data__submission__allocation = data__submission['allocation']
                    if not isinstance(data__submission__allocation, (str, NoneType)):
                        raise Invalid
                    if isinstance(data__submission__allocation, str):
                        data__submission__allocation_len = len(data__submission__allocation)
                        if data__submission__allocation_len < 1:
                            raise Invalid
        if 'scheduler' in data:
            data__scheduler = data['scheduler']
            if not isinstance(data__scheduler, (dict, NoneType)):
                raise Invalid
        if 'failure' in data:
            data__failure = data['failure']
            if not isinstance(data__failure, (dict, NoneType)):
                raise Invalid
            data__failure_is_dict = isinstance(data__failure, dict)
            if data__failure_is_dict:
                if 'reason' not in data__failure:
                    raise Invalid
                if 'reason' in data__failure:
                    data__failure__reason = data__failure['reason']
                    if not isinstance(data__failure__reason, str):
                        raise Invalid
                if 'stage' in data__failure:
                    data__failure__stage = data__failure['stage']
                    if data__failure__stage not in ('hypothesis', 'design', 'implementation', 'implementation_review', 'launch', 'slurm_monitor', 'extract_results', 'update_docs', 'decide_repeat', 'human_review', 'stop', None):
                        raise Invalid
                if 'native_state' in data__failure:
                    data__failure__nativestate = data__failure['native_state']
                    if not isinstance(data__failure__nativestate, (str, NoneType)):
                        raise Invalid
                if 'exit' in data__failure:
                    data__failure__exit = data__failure['exit']
                    if not isinstance(data__failure__exit, (str, NoneType)):
                        raise Invalid
                if 'advice' in data__failure:
                    data__failure__advice = data__failure['advice']
                    if not isinstance(data__failure__advice, (str, NoneType)):
                        raise Invalid
                if 'outcome' in data__failure:
                    data__failure__outcome = data__failure['outcome']
                    if data__failure__outcome not in ('advance', 'stay', 'needs_retry', 'human_review', 'stop', None):
                        raise Invalid
                if 'missing' in data__failure:
                    data__failure__missing = data__failure['missing']
                    if not isinstance(data__failure__missing, list):
                        raise Invalid
                    data__failure__missing_is_list = isinstance(data__failure__missing, list)
                    if data__failure__missing_is_list:
                        data__failure__missing_len = len(data__failure__missing)
                        for data__failure__missing_x, data__failure__missing_item in enumerate(data__failure__missing):
                            if not isinstance(data__failure__missing_item, str):
                                raise Invalid
        if 'environment' in data:
            data__environment = data['environment']
            if not isinstance(data__environment, (dict, NoneType)):
                raise Invalid
            data__environment_is_dict = isinstance(data__environment, dict)
            if data__environment_is_dict:
                if 'activation_sha256' in data__environment:
                    data__environment__activationsha256 = data__environment['activation_sha256']
                    if not isinstance(data__environment__activationsha256, (str, NoneType)):
                        raise Invalid
                if 'python' in data__environment:
                    data__environment__python = data__environment['python']
                    if not isinstance(data__environment__python, (str, NoneType)):
                        raise Invalid
                if 'platform' in data__environment:
                    data__environment__platform = data__environment['platform']
                    if not isinstance(data__environment__platform, (str, NoneType)):
                        raise Invalid
                if 'hostname' in data__environment:
                    data__environment__hostname = data__environment['hostname']
                    if not isinstance(data__environment__hostname, (str, NoneType)):
                        raise Invalid
                if 'packages_sha256' in data__environment:
                    data__environment__packagessha256 = data__environment['packages_sha256']
                    if not isinstance(data__environment__packagessha256, (str, NoneType)):
                        raise Invalid
                if 'inputs' in data__environment:
                    data__environment__inputs = data__environment['inputs']
                    if not isinstance(data__environment__inputs, dict):
                        raise Invalid
                    data__environment__inputs_is_dict = isinstance(data__environment__inputs, dict)
                    if data__environment__inputs_is_dict:
                        for data__environment__inputs_key in data__environment__inputs:
                            if data__environment__inputs_key not in []:
                                data__environment__inputs_value = data__environment__inputs.get(data__environment__inputs_key)
                                if not isinstance(data__environment__inputs_value, str):
                                    raise Invalid
                if 'note' in data__environment:
                    data__environment__note = data__environment['note']
                    if not isinstance(data__environment__note, (str, NoneType)):
                        raise Invalid
        if 'verifier_snapshot' in data:
            data__verifiersnapshot = data['verifier_snapshot']
            if not isinstance(data__verifiersnapshot, (dict, NoneType)):
                raise Invalid
            data__verifiersnapshot_is_dict = isinstance(data__verifiersnapshot, dict)
            if data__verifiersnapshot_is_dict:
                if 'passed' not in data__verifiersnapshot:
                    raise Invalid
                if 'passed' in data__verifiersnapshot:
                    data__verifiersnapshot__passed = data__verifiersnapshot['passed']
                    if not isinstance(data__verifiersnapshot__passed, bool):
                        raise Invalid
                if 'counts' in data__verifiersnapshot:
                    data__verifiersnapshot__counts = data__verifiersnapshot['counts']
                    if not isinstance(data__verifiersnapshot__counts, dict):
                        raise Invalid
                    data__verifiersnapshot__counts_is_dict = isinstance(data__verifiersnapshot__counts, dict)
                    if data__verifiersnapshot__counts_is_dict:
                        for data__verifiersnapshot__counts_key in data__verifiersnapshot__counts:
                            if data__verifiersnapshot__counts_key not in []:
                                data__verifiersnapshot__counts_value = data__verifiersnapshot__counts.get(data__verifiersnapshot__counts_key)
                                if not isinstance(data__verifiersnapshot__counts_value, int) and (not (isinstance(data__verifiersnapshot__counts_value, float) and data__verifiersnapshot__counts_value.is_integer())) or isinstance(data__verifiersnapshot__counts_value, bool):
                                    raise Invalid
                if 'message' in data__verifiersnapshot:
                    data__verifiersnapshot__message = data__verifiersnapshot['message']
                    if not isinstance(data__verifiersnapshot__message, (str, NoneType)):
                        raise Invalid
        if 'guard' in data:
            data__guard = data['guard']
            if not isinstance(data__guard, (dict, NoneType)):
                raise Invalid
        if 'review' in data:
            data__review = data['review']
            if not isinstance(data__review, (dict, NoneType)):
                raise Invalid
        if 'remote' in data:
            data__remote = data['remote']
            if not isinstance(data__remote, (dict, NoneType)):
                raise Invalid
            data__remote_is_dict = isinstance(data__remote, dict)
            if data__remote_is_dict:
                if 'profile' not in data__remote or 'host' not in data__remote or 'root' not in data__remote or ('work_tree' not in data__remote) or ('method' not in data__remote):
                    raise Invalid
                if 'profile' in data__remote:
                    data__remote__profile = data__remote['profile']
                    if not isinstance(data__remote__profile, str):
                        raise Invalid
                if 'host' in data__remote:
                    data__remote__host = data__remote['host']
                    if not isinstance(data__remote__host, str):
                        raise Invalid
                if 'root' in data__remote:
                    data__remote__root = data__remote['root']
                    if not isinstance(data__remote__root, str):
                        raise Invalid
                if 'work_tree' in data__remote:
                    data__remote__worktree = data__remote['work_tree']
                    if not isinstance(data__remote__worktree, str):
                        raise Invalid
                if 'method' in data__remote:
                    data__remote__method = data__remote['method']
                    if not isinstance(data__remote__method, str):
                        raise Invalid
                if 'commit' in data__remote:
                    data__remote__commit = data__remote['commit']
                    if not isinstance(data__remote__commit, (str, NoneType)):
                        raise Invalid
                if 'patch_sha256' in data__remote:
                    data__remote__patchsha256 = data__remote['patch_sha256']
                    if not isinstance(data__remote__patchsha256, (str, NoneType)):
                        raise Invalid
                if 'tree_sha256' in data__remote:
                    data__remote__treesha256 = data__remote['tree_sha256']
                    if not isinstance(data__remote__treesha256, (str, NoneType)):
                        raise Invalid
                if 'files' in data__remote:
                    data__remote__files = data__remote['files']
                    if not isinstance(data__remote__files, (int, NoneType)) and (not (isinstance(data__remote__files, float) and data__remote__files.is_integer())) or isinstance(data__remote__files, bool):
                        raise Invalid
                    if isinstance(data__remote__files, (int, float)) and (not isinstance(data__remote__files, bool)):
                        if data__remote__files < 0:
                            raise Invalid
                if 'bytes' in data__remote:
                    data__remote__bytes = data__remote['bytes']
                    if not isinstance(data__remote__bytes, (int, NoneType)) and (not (isinstance(data__remote__bytes, float) and data__remote__bytes.is_integer())) or isinstance(data__remote__bytes, bool):
                        raise Invalid
                    if isinstance(data__remote__bytes, (int, float)) and (not isinstance(data__remote__bytes, bool)):
                        if data__remote__bytes < 0:
                            raise Invalid
                if 'sent_at' in data__remote:
                    data__remote__sentat = data__remote['sent_at']
                    if not isinstance(data__remote__sentat, (str, NoneType)):
                        raise Invalid
                    if isinstance(data__remote__sentat, str):
                        if not is_timestamp(data__remote__sentat):
                            raise Invalid
                if 'clock_offset_seconds' in data__remote:
                    data__remote__clockoffsetseconds = data__remote['clock_offset_seconds']
                    if not isinstance(data__remote__clockoffsetseconds, (int, float, NoneType)) or isinstance(data__remote__clockoffsetseconds, bool):
                        raise Invalid
        if 'history' in data:
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
                        if 'at' not in data__history_item or 'status' not in data__history_item:
                            raise Invalid
                        if 'at' in data__history_item:
                            data__history_item__at = data__history_item['at']
                            _check_time(data__history_item__at)
                        if 'status' in data__history_item:
                            data__history_item__status = data__history_item['status']
                            if data__history_item__status not in ('pending', 'submitted', 'running', 'synced', 'completed', 'failed', 'partial'):
                                raise Invalid
                        if 'why' in data__history_item:
                            data__history_item__why = data__history_item['why']
                            if not isinstance(data__history_item__why, str):
                                raise Invalid
        if 'replicates' in data:
            data__replicates = data['replicates']
            if not isinstance(data__replicates, list):
                raise Invalid
            data__replicates_is_list = isinstance(data__replicates, list)
            if data__replicates_is_list:
                data__replicates_len = len(data__replicates)
                for data__replicates_x, data__replicates_item in enumerate(data__replicates):
                    if not isinstance(data__replicates_item, dict):
                        raise Invalid
                    data__replicates_item_is_dict = isinstance(data__replicates_item, dict)
                    if data__replicates_item_is_dict:
                        if 'index' not in data__replicates_item or 'run_id' not in data__replicates_item or 'seed' not in data__replicates_item:
                            raise Invalid
                        if 'index' in data__replicates_item:
                            data__replicates_item__index = data__replicates_item['index']
                            if not isinstance(data__replicates_item__index, int) and (not (isinstance(data__replicates_item__index, float) and data__replicates_item__index.is_integer())) or isinstance(data__replicates_item__index, bool):
                                raise Invalid
                            if isinstance(data__replicates_item__index, (int, float)) and (not isinstance(data__replicates_item__index, bool)):
                                if data__replicates_item__index < 0:
                                    raise Invalid
                        if 'run_id' in data__replicates_item:
                            data__replicates_item__runid = data__replicates_item['run_id']
                            _check_id(data__replicates_item__runid)
                        if 'seed' in data__replicates_item:
                            data__replicates_item__seed = data__replicates_item['seed']
                            if not isinstance(data__replicates_item__seed, int) and (not (isinstance(data__replicates_item__seed, float) and data__replicates_item__seed.is_integer())) or isinstance(data__replicates_item__seed, bool):
                                raise Invalid
        if 'replicate' in data:
            data__replicate = data['replicate']
            if not isinstance(data__replicate, (dict, NoneType)):
                raise Invalid
            data__replicate_is_dict = isinstance(data__replicate, dict)
            if data__replicate_is_dict:
                if 'group' not in data__replicate or 'index' not in data__replicate or 'seed' not in data__replicate:
                    raise Invalid
                if 'group' in data__replicate:
                    data__replicate__group = data__replicate['group']
                    _check_id(data__replicate__group)
                if 'index' in data__replicate:
                    data__replicate__index = data__replicate['index']
                    if not isinstance(data__replicate__index, int) and (not (isinstance(data__replicate__index, float) and data__replicate__index.is_integer())) or isinstance(data__replicate__index, bool):
                        raise Invalid
                    if isinstance(data__replicate__index, (int, float)) and (not isinstance(data__replicate__index, bool)):
                        if data__replicate__index < 0:
                            raise Invalid
                if 'seed' in data__replicate:
                    data__replicate__seed = data__replicate['seed']
                    if not isinstance(data__replicate__seed, int) and (not (isinstance(data__replicate__seed, float) and data__replicate__seed.is_integer())) or isinstance(data__replicate__seed, bool):
                        raise Invalid
    try:
        data_any_of_count1 = 0
        if not data_any_of_count1:
            try:
                data_is_dict = isinstance(data, dict)
                if data_is_dict:
                    if 'host_mode' not in data:
                        raise Invalid
                    if 'host_mode' in data:
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
                    if 'launch_mode' not in data:
                        raise Invalid
                    if 'launch_mode' in data:
                        data__launchmode = data['launch_mode']
                        if not (isinstance(data__launchmode, str) and data__launchmode == 'slurm'):
                            raise Invalid
                    if 'host_mode' in data:
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
            if 'status' not in data:
                raise Invalid
            if 'status' in data:
                data__status = data['status']
                if data__status not in ('submitted', 'running', 'synced', 'completed', 'partial'):
                    raise Invalid
    except Invalid:
        pass
    else:
        data_any_of_count2 = 0
        if not data_any_of_count2:
            try:
                data_is_dict = isinstance(data, dict)
                if data_is_dict:
                    if 'job_id' not in data:
                        raise Invalid
                    if 'job_id' in data:
                        data__jobid = data['job_id']
                        _check_job_id_present(data__jobid)
                data_any_of_count2 += 1
            except Invalid:
                pass
        if not data_any_of_count2:
            try:
                data_is_dict = isinstance(data, dict)
                if data_is_dict:
                    if 'slurm' not in data:
                        raise Invalid
                    if 'slurm' in data:
                        data__slurm = data['slurm']
                        if not isinstance(data__slurm, dict):
                            raise Invalid
                        data__slurm_is_dict = isinstance(data__slurm, dict)
                        if data__slurm_is_dict:
                            if 'job_id' not in data__slurm:
                                raise Invalid
                            if 'job_id' in data__slurm:
                                data__slurm__jobid = data__slurm['job_id']
                                _check_job_id_present(data__slurm__jobid)
                data_any_of_count2 += 1
            except Invalid:
                pass
        if not data_any_of_count2:
            try:
                data_is_dict = isinstance(data, dict)
                if data_is_dict:
                    if 'resource_request' not in data:
                        raise Invalid
                    if 'resource_request' in data:
                        data__resourcerequest = data['resource_request']
                        if not isinstance(data__resourcerequest, dict):
                            raise Invalid
                        data__resourcerequest_is_dict = isinstance(data__resourcerequest, dict)
                        if data__resourcerequest_is_dict:
                            if 'job_id' not in data__resourcerequest:
                                raise Invalid
                            if 'job_id' in data__resourcerequest:
                                data__resourcerequest__jobid = data__resourcerequest['job_id']
                                _check_job_id_present(data__resourcerequest__jobid)
                data_any_of_count2 += 1
            except Invalid:
                pass
        if not data_any_of_count2:
            try:
                data_is_dict = isinstance(data, dict)
                if data_is_dict:
                    if 'resource_request' not in data:
                        raise Invalid
                    if 'resource_request' in data:
                        data__resourcerequest = data['resource_request']
                        if not isinstance(data__resourcerequest, dict):
                            raise Invalid
                        data__resourcerequest_is_dict = isinstance(data__resourcerequest, dict)
                        if data__resourcerequest_is_dict:
                            if 'slurm' not in data__resourcerequest:
                                raise Invalid
                            if 'slurm' in data__resourcerequest:
                                data__resourcerequest__slurm = data__resourcerequest['slurm']
                                if not isinstance(data__resourcerequest__slurm, dict):
                                    raise Invalid
                                data__resourcerequest__slurm_is_dict = isinstance(data__resourcerequest__slurm, dict)
                                if data__resourcerequest__slurm_is_dict:
                                    if 'job_id' not in data__resourcerequest__slurm:
                                        raise Invalid
                                    if 'job_id' in data__resourcerequest__slurm:
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
        if 'argv' not in data or 'exit_code' not in data:
            raise Invalid
        if 'argv' in data:
            data__argv = data['argv']
            if not isinstance(data__argv, list):
                raise Invalid
            data__argv_is_list = isinstance(data__argv, list)
            if data__argv_is_list:
                data__argv_len = len(data__argv)
                for data__argv_x, data__argv_item in enumerate(data__argv):
                    if not isinstance(data__argv_item, str):
                        raise Invalid
        if 'exit_code' in data:
            data__exitcode = data['exit_code']
            if not isinstance(data__exitcode, (int, NoneType)) and (not (isinstance(data__exitcode, float) and data__exitcode.is_integer())) or isinstance(data__exitcode, bool):
                raise Invalid
        if 'stdout' in data:
            data__stdout = data['stdout']
            if not isinstance(data__stdout, str):
                raise Invalid
        if 'stderr' in data:
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
