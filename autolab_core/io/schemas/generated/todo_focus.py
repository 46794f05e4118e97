# generated from schemas/todo_focus.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 24153d5fce968299c78272a329d3cf4b42bc87bb9f6289d042685938fefea2a7
from autolab_core.io.schemas.invalid import Invalid
from autolab_core.vocab.times import is_timestamp
NoneType = type(None)


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'generated_at' in data:
            data__generatedat = data['generated_at']
            _check_optional_time(data__generatedat)
        if 'stage' in data:
            data__stage = data['stage']
            if not isinstance(data__stage, (str, NoneType)):
                raise Invalid
        if 'open_task_count' in data:
            data__opentaskcount = data['open_task_count']
            if not isinstance(data__opentaskcount, int) and (not (isinstance(data__opentaskcount, float) and data__opentaskcount.is_integer())) or isinstance(data__opentaskcount, bool):
                raise Invalid
            if isinstance(data__opentaskcount, (int, float)) and (not isinstance(data__opentaskcount, bool)):
                if data__opentaskcount < 0:
                    raise Invalid
        if 'focus_tasks' in data:
            data__focustasks = data['focus_tasks']
            if not isinstance(data__focustasks, list):
                raise Invalid
            data__focustasks_is_list = isinstance(data__focustasks, list)
            if data__focustasks_is_list:
                data__focustasks_len = len(data__focustasks)
                for data__focustasks_x, data__focustasks_item in enumerate(data__focustasks):
                    if not isinstance(data__focustasks_item, dict):
                        raise Invalid
                    data__focustasks_item_is_dict = isinstance(data__focustasks_item, dict)
                    if data__focustasks_item_is_dict:
                        if 'task_id' not in data__focustasks_item or 'text' not in data__focustasks_item:
                            raise Invalid
                        if 'task_id' in data__focustasks_item:
                            data__focustasks_item__taskid = data__focustasks_item['task_id']
                            if not isinstance(data__focustasks_item__taskid, str):
                                raise Invalid
                        if 'text' in data__focustasks_item:
                            data__focustasks_item__text = data__focustasks_item['text']
                            if not isinstance(data__focustasks_item__text, str):
                                raise Invalid
                        if 'stage' in data__focustasks_item:
                            data__focustasks_item__stage = data__focustasks_item['stage']
                            if not isinstance(data__focustasks_item__stage, (str, NoneType)):
                                raise Invalid
                        if 'source' in data__focustasks_item:
                            data__focustasks_item__source = data__focustasks_item['source']
                            if not isinstance(data__focustasks_item__source, (str, NoneType)):
                                raise Invalid


def _check_optional_time(data):
    if not isinstance(data, (str, NoneType)):
        raise Invalid
    if isinstance(data, str):
        if not is_timestamp(data):
            raise Invalid
