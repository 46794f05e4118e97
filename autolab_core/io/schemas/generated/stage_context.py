# generated from schemas/stage_context.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 5d3b46a75f9777f9299ae60306e6ccf493a472b2b1bbf29650c3b82ee5c3f1db
import re
from autolab_core.io.schemas.invalid import Invalid
NoneType = type(None)
_PATTERN_0 = re.compile('^[A-Za-z0-9_][A-Za-z0-9._+-]*(?![\\s\\S])')


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'stage' not in data or 'iteration' not in data or 'host' not in data:
            raise Invalid
        if 'schema_version' in data:
            data__schemaversion = data['schema_version']
            if not isinstance(data__schemaversion, str):
                raise Invalid
        if 'stage' in data:
            data__stage = data['stage']
            if data__stage not in ('hypothesis', 'design', 'implementation', 'implementation_review', 'launch', 'slurm_monitor', 'extract_results', 'update_docs', 'decide_repeat', 'human_review', 'stop'):
                raise Invalid
        if 'iteration' in data:
            data__iteration = data['iteration']
            if not isinstance(data__iteration, dict):
                raise Invalid
            data__iteration_is_dict = isinstance(data__iteration, dict)
            if data__iteration_is_dict:
                if 'id' not in data__iteration or 'path' not in data__iteration:
                    raise Invalid
                if 'id' in data__iteration:
                    data__iteration__id = data__iteration['id']
                    _check_id(data__iteration__id)
                if 'path' in data__iteration:
                    data__iteration__path = data__iteration['path']
                    if not isinstance(data__iteration__path, str):
                        raise Invalid
                if 'experiment_id' in data__iteration:
                    data__iteration__experimentid = data__iteration['experiment_id']
                    _check_optional_id(data__iteration__experimentid)
        if 'host' in data:
            data__host = data['host']
            if not isinstance(data__host, dict):
                raise Invalid
            data__host_is_dict = isinstance(data__host, dict)
            if data__host_is_dict:
                if 'mode' not in data__host:
                    raise Invalid
                if 'mode' in data__host:
                    data__host__mode = data__host['mode']
                    if data__host__mode not in ('local', 'slurm'):
                        raise Invalid
                if 'probes' in data__host:
                    data__host__probes = data__host['probes']
                    if not isinstance(data__host__probes, dict):
                        raise Invalid
                    data__host__probes_is_dict = isinstance(data__host__probes, dict)
                    if data__host__probes_is_dict:
                        for data__host__probes_key in data__host__probes:
                            if data__host__probes_key not in []:
                                data__host__probes_value = data__host__probes.get(data__host__probes_key)
                                _check_probe(data__host__probes_value)
        if 'run' in data:
            data__run = data['run']
            if not isinstance(data__run, (dict, NoneType)):
                raise Invalid
            data__run_is_dict = isinstance(data__run, dict)
            if data__run_is_dict:
                if 'id' not in data__run or 'path' not in data__run:
                    raise Invalid
                if 'id' in data__run:
                    data__run__id = data__run['id']
                    _check_id(data__run__id)
                if 'path' in data__run:
                    data__run__path = data__run['path']
                    if not isinstance(data__run__path, str):
                        raise Invalid
                if 'status' in data__run:
                    data__run__status = data__run['status']
                    if data__run__status not in ('pending', 'submitted', 'running', 'synced', 'completed', 'failed', 'partial', None):
                        raise Invalid
        if 'allowed_edit_dirs' in data:
            data__allowededitdirs = data['allowed_edit_dirs']
            if not isinstance(data__allowededitdirs, list):
                raise Invalid
            data__allowededitdirs_is_list = isinstance(data__allowededitdirs, list)
            if data__allowededitdirs_is_list:
                data__allowededitdirs_len = len(data__allowededitdirs)
                for data__allowededitdirs_x, data__allowededitdirs_item in enumerate(data__allowededitdirs):
                    if not isinstance(data__allowededitdirs_item, str):
                        raise Invalid
        if 'closed' in data:
            data__closed = data['closed']
            if not isinstance(data__closed, list):
                raise Invalid
            data__closed_is_list = isinstance(data__closed, list)
            if data__closed_is_list:
                data__closed_len = len(data__closed)
                for data__closed_x, data__closed_item in enumerate(data__closed):
                    if not isinstance(data__closed_item, str):
                        raise Invalid
        if 'may_write' in data:
            data__maywrite = data['may_write']
            if not isinstance(data__maywrite, list):
                raise Invalid
            data__maywrite_is_list = isinstance(data__maywrite, list)
            if data__maywrite_is_list:
                data__maywrite_len = len(data__maywrite)
                for data__maywrite_x, data__maywrite_item in enumerate(data__maywrite):
                    if not isinstance(data__maywrite_item, str):
                        raise Invalid
        if 'must_not_write' in data:
            data__mustnotwrite = data['must_not_write']
            if not isinstance(data__mustnotwrite, list):
                raise Invalid
            data__mustnotwrite_is_list = isinstance(data__mustnotwrite, list)
            if data__mustnotwrite_is_list:
                data__mustnotwrite_len = len(data__mustnotwrite)
                for data__mustnotwrite_x, data__mustnotwrite_item in enumerate(data__mustnotwrite):
                    if not isinstance(data__mustnotwrite_item, str):
                        raise Invalid
        if 'required_inputs' in data:
            data__requiredinputs = data['required_inputs']
            if not isinstance(data__requiredinputs, list):
                raise Invalid
            data__requiredinputs_is_list = isinstance(data__requiredinputs, list)
            if data__requiredinputs_is_list:
                data__requiredinputs_len = len(data__requiredinputs)
                for data__requiredinputs_x, data__requiredinputs_item in enumerate(data__requiredinputs):
                    if not isinstance(data__requiredinputs_item, dict):
                        raise Invalid
                    data__requiredinputs_item_is_dict = isinstance(data__requiredinputs_item, dict)
                    if data__requiredinputs_item_is_dict:
                        if 'path' not in data__requiredinputs_item or 'exists' not in data__requiredinputs_item:
                            raise Invalid
                        if 'path' in data__requiredinputs_item:
                            data__requiredinputs_item__path = data__requiredinputs_item['path']
                            if not isinstance(data__requiredinputs_item__path, str):
                                raise Invalid
                        if 'exists' in data__requiredinputs_item:
                            data__requiredinputs_item__exists = data__requiredinputs_item['exists']
                            if not isinstance(data__requiredinputs_item__exists, bool):
                                raise Invalid
                        if 'sha256' in data__requiredinputs_item:
                            data__requiredinputs_item__sha256 = data__requiredinputs_item['sha256']
                            if not isinstance(data__requiredinputs_item__sha256, (str, NoneType)):
                                raise Invalid
        if 'line_budgets' in data:
            data__linebudgets = data['line_budgets']
            if not isinstance(data__linebudgets, list):
                raise Invalid
            data__linebudgets_is_list = isinstance(data__linebudgets, list)
            if data__linebudgets_is_list:
                data__linebudgets_len = len(data__linebudgets)
                for data__linebudgets_x, data__linebudgets_item in enumerate(data__linebudgets):
                    if not isinstance(data__linebudgets_item, dict):
                        raise Invalid
                    data__linebudgets_item_is_dict = isinstance(data__linebudgets_item, dict)
                    if data__linebudgets_item_is_dict:
                        if 'path' not in data__linebudgets_item or 'max_lines' not in data__linebudgets_item:
                            raise Invalid
                        if 'path' in data__linebudgets_item:
                            data__linebudgets_item__path = data__linebudgets_item['path']
                            if not isinstance(data__linebudgets_item__path, str):
                                raise Invalid
                        if 'max_lines' in data__linebudgets_item:
                            data__linebudgets_item__maxlines = data__linebudgets_item['max_lines']
                            if not isinstance(data__linebudgets_item__maxlines, int) and (not (isinstance(data__linebudgets_item__maxlines, float) and data__linebudgets_item__maxlines.is_integer())) or isinstance(data__linebudgets_item__maxlines, bool):
                                raise Invalid
                            if isinstance(data__linebudgets_item__maxlines, (int, float)) and (not isinstance(data__linebudgets_item__maxlines, bool)):
                                if data__linebudgets_item__maxlines < 0:
                                    raise Invalid
                        if 'max_chars' in data__linebudgets_item:
                            data__linebudgets_item__maxchars = data__linebudgets_item['max_chars']
                            if not isinstance(data__linebudgets_item__maxchars, (int, NoneType)) and (not (isinstance(data__linebudgets_item__maxchars, float) and data__linebudgets_item__maxchars.is_integer())) or isinstance(data__linebudgets_item__maxchars, bool):
                                raise Invalid
                        if 'max_bytes' in data__linebudgets_item:
                            data__linebudgets_item__maxbytes = data__linebudgets_item['max_bytes']
                            if not isinstance(data__linebudgets_item__maxbytes, (int, NoneType)) and (not (isinstance(data__linebudgets_item__maxbytes, float) and data__linebudgets_item__maxbytes.is_integer())) or isinstance(data__linebudgets_item__maxbytes, bool):
                                raise Invalid
        if 'todo' in data:
            data__todo = data['todo']
            if not isinstance(data__todo, (dict, NoneType)):
                raise Invalid
            data__todo_is_dict = isinstance(data__todo, dict)
            if data__todo_is_dict:
                if 'path' not in data__todo:
                    raise Invalid
                if 'path' in data__todo:
                    data__todo__path = data__todo['path']
                    if not isinstance(data__todo__path, str):
                        raise Invalid
                if 'open_task_count' in data__todo:
                    data__todo__opentaskcount = data__todo['open_task_count']
                    if not isinstance(data__todo__opentaskcount, int) and (not (isinstance(data__todo__opentaskcount, float) and data__todo__opentaskcount.is_integer())) or isinstance(data__todo__opentaskcount, bool):
                        raise Invalid
                    if isinstance(data__todo__opentaskcount, (int, float)) and (not isinstance(data__todo__opentaskcount, bool)):
                        if data__todo__opentaskcount < 0:
                            raise Invalid
                if 'tasks' in data__todo:
                    data__todo__tasks = data__todo['tasks']
                    if not isinstance(data__todo__tasks, list):
                        raise Invalid
                    data__todo__tasks_is_list = isinstance(data__todo__tasks, list)
                    if data__todo__tasks_is_list:
                        data__todo__tasks_len = len(data__todo__tasks)
                        for data__todo__tasks_x, data__todo__tasks_item in enumerate(data__todo__tasks):
                            if not isinstance(data__todo__tasks_item, dict):
                                raise Invalid
                            data__todo__tasks_item_is_dict = isinstance(data__todo__tasks_item, dict)
                            if data__todo__tasks_item_is_dict:
                                if 'task_id' not in data__todo__tasks_item or 'text' not in data__todo__tasks_item:
                                    raise Invalid
                                if 'task_id' in data__todo__tasks_item:
                                    data__todo__tasks_item__taskid = data__todo__tasks_item['task_id']
                                    if not isinstance(data__todo__tasks_item__taskid, str):
                                        raise Invalid
                                if 'text' in data__todo__tasks_item:
                                    data__todo__tasks_item__text = data__todo__tasks_item['text']
                                    if not isinstance(data__todo__tasks_item__text, str):
                                        raise Invalid
                                if 'stage' in data__todo__tasks_item:
                                    data__todo__tasks_item__stage = data__todo__tasks_item['stage']
                                    if not isinstance(data__todo__tasks_item__stage, (str, NoneType)):
                                        raise Invalid
                                if 'source' in data__todo__tasks_item:
                                    data__todo__tasks_item__source = data__todo__tasks_item['source']
                                    if not isinstance(data__todo__tasks_item__source, (str, NoneType)):
                                        raise Invalid
        if 'last_verification' in data:
            data__lastverification = data['last_verification']
            if not isinstance(data__lastverification, (dict, NoneType)):
                raise Invalid
            data__lastverification_is_dict = isinstance(data__lastverification, dict)
            if data__lastverification_is_dict:
                if 'path' not in data__lastverification or 'passed' not in data__lastverification:
                    raise Invalid
                if 'path' in data__lastverification:
                    data__lastverification__path = data__lastverification['path']
                    if not isinstance(data__lastverification__path, str):
                        raise Invalid
                if 'passed' in data__lastverification:
                    data__lastverification__passed = data__lastverification['passed']
                    if not isinstance(data__lastverification__passed, bool):
                        raise Invalid
                if 'message' in data__lastverification:
                    data__lastverification__message = data__lastverification['message']
                    if not isinstance(data__lastverification__message, (str, NoneType)):
                        raise Invalid
                if 'failures' in data__lastverification:
                    data__lastverification__failures = data__lastverification['failures']
                    if not isinstance(data__lastverification__failures, list):
                        raise Invalid
                    data__lastverification__failures_is_list = isinstance(data__lastverification__failures, list)
                    if data__lastverification__failures_is_list:
                        data__lastverification__failures_len = len(data__lastverification__failures)
                        for data__lastverification__failures_x, data__lastverification__failures_item in enumerate(data__lastverification__failures):
                            if not isinstance(data__lastverification__failures_item, dict):
                                raise Invalid
                            data__lastverification__failures_item_is_dict = isinstance(data__lastverification__failures_item, dict)
                            if data__lastverification__failures_item_is_dict:
                                if 'rule' not in data__lastverification__failures_item or 'status' not in data__lastverification__failures_item:
                                    raise Invalid
                                if 'rule' in data__lastverification__failures_item:
                                    data__lastverification__failures_item__rule = data__lastverification__failures_item['rule']
                                    if not isinstance(data__lastverification__failures_item__rule, str):
                                        raise Invalid
                                if 'status' in data__lastverification__failures_item:
                                    data__lastverification__failures_item__status = data__lastverification__failures_item['status']
                                    if data__lastverification__failures_item__status not in ('pass', 'fail', 'error', 'skip'):
                                        raise Invalid
                                if 'path' in data__lastverification__failures_item:
                                    data__lastverification__failures_item__path = data__lastverification__failures_item['path']
                                    if not isinstance(data__lastverification__failures_item__path, (str, NoneType)):
                                        raise Invalid
                                if 'line' in data__lastverification__failures_item:
                                    data__lastverification__failures_item__line = data__lastverification__failures_item['line']
                                    if not isinstance(data__lastverification__failures_item__line, (int, NoneType)) and (not (isinstance(data__lastverification__failures_item__line, float) and data__lastverification__failures_item__line.is_integer())) or isinstance(data__lastverification__failures_item__line, bool):
                                        raise Invalid
                                if 'message' in data__lastverification__failures_item:
                                    data__lastverification__failures_item__message = data__lastverification__failures_item['message']
                                    if not isinstance(data__lastverification__failures_item__message, (str, NoneType)):
                                        raise Invalid
                if 'left_out' in data__lastverification:
                    data__lastverification__leftout = data__lastverification['left_out']
                    if not isinstance(data__lastverification__leftout, int) and (not (isinstance(data__lastverification__leftout, float) and data__lastverification__leftout.is_integer())) or isinstance(data__lastverification__leftout, bool):
                        raise Invalid
                    if isinstance(data__lastverification__leftout, (int, float)) and (not isinstance(data__lastverification__leftout, bool)):
                        if data__lastverification__leftout < 0:
                            raise Invalid
                if 'problem' in data__lastverification:
                    data__lastverification__problem = data__lastverification['problem']
                    if not isinstance(data__lastverification__problem, (str, NoneType)):
                        raise Invalid
        if 'environment' in data:
            data__environment = data['environment']
            if not isinstance(data__environment, (dict, NoneType)):
                raise Invalid
            data__environment_is_dict = isinstance(data__environment, dict)
            if data__environment_is_dict:
                if 'path' not in data__environment:
                    raise Invalid
                if 'path' in data__environment:
                    data__environment__path = data__environment['path']
                    if not isinstance(data__environment__path, str):
                        raise Invalid
                if 'activation' in data__environment:
                    data__environment__activation = data__environment['activation']
                    if not isinstance(data__environment__activation, (str, NoneType)):
                        raise Invalid
                if 'sha256' in data__environment:
                    data__environment__sha256 = data__environment['sha256']
                    if not isinstance(data__environment__sha256, (str, NoneType)):
                        raise Invalid
                if 'problem' in data__environment:
                    data__environment__problem = data__environment['problem']
                    if not isinstance(data__environment__problem, (str, NoneType)):
                        raise Invalid
        if 'compute_advisory' in data:
            data__computeadvisory = data['compute_advisory']
            if not isinstance(data__computeadvisory, (dict, NoneType)):
                raise Invalid
        if 'parts' in data:
            data__parts = data['parts']
            if not isinstance(data__parts, list):
                raise Invalid
            data__parts_is_list = isinstance(data__parts, list)
            if data__parts_is_list:
                data__parts_len = len(data__parts)
                for data__parts_x, data__parts_item in enumerate(data__parts):
                    if not isinstance(data__parts_item, dict):
                        raise Invalid
                    data__parts_item_is_dict = isinstance(data__parts_item, dict)
                    if data__parts_item_is_dict:
                        if 'path' not in data__parts_item or 'shipped' not in data__parts_item or 'sha256' not in data__parts_item:
                            raise Invalid
                        if 'path' in data__parts_item:
                            data__parts_item__path = data__parts_item['path']
                            if not isinstance(data__parts_item__path, str):
                                raise Invalid
                        if 'shipped' in data__parts_item:
                            data__parts_item__shipped = data__parts_item['shipped']
                            if not isinstance(data__parts_item__shipped, bool):
                                raise Invalid
                        if 'sha256' in data__parts_item:
                            data__parts_item__sha256 = data__parts_item['sha256']
                            if not isinstance(data__parts_item__sha256, str):
                                raise Invalid
        if 'prompt_sha256' in data:
            data__promptsha256 = data['prompt_sha256']
            if not isinstance(data__promptsha256, (str, NoneType)):
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
