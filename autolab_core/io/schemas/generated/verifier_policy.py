# generated from schemas/verifier_policy.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 dd39df4709a1e05f823d16b1c9f27b76748a0bc150d155344a06f24c199b7bd5
from autolab_core.io.schemas.invalid import Invalid


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'stages' in data:
            data__stages = data['stages']
            if not isinstance(data__stages, dict):
                raise Invalid
            data__stages_is_dict = isinstance(data__stages, dict)
            if data__stages_is_dict:
                for data__stages_key in data__stages:
                    if data__stages_key not in []:
                        data__stages_value = data__stages.get(data__stages_key)
                        if not isinstance(data__stages_value, dict):
                            raise Invalid
                        data__stages_value_is_dict = isinstance(data__stages_value, dict)
                        if data__stages_value_is_dict:
                            if 'run' in data__stages_value:
                                data__stages_value__run = data__stages_value['run']
                                if not isinstance(data__stages_value__run, list):
                                    raise Invalid
                                data__stages_value__run_is_list = isinstance(data__stages_value__run, list)
                                if data__stages_value__run_is_list:
                                    data__stages_value__run_len = len(data__stages_value__run)
                                    for data__stages_value__run_x, data__stages_value__run_item in enumerate(data__stages_value__run):
                                        if not isinstance(data__stages_value__run_item, str):
                                            raise Invalid
                            if 'required' in data__stages_value:
                                data__stages_value__required = data__stages_value['required']
                                if not isinstance(data__stages_value__required, list):
                                    raise Invalid
                                data__stages_value__required_is_list = isinstance(data__stages_value__required, list)
                                if data__stages_value__required_is_list:
                                    data__stages_value__required_len = len(data__stages_value__required)
                                    for data__stages_value__required_x, data__stages_value__required_item in enumerate(data__stages_value__required):
                                        if not isinstance(data__stages_value__required_item, str):
                                            raise Invalid
        if 'groups' in data:
            data__groups = data['groups']
            if not isinstance(data__groups, dict):
                raise Invalid
            data__groups_is_dict = isinstance(data__groups, dict)
            if data__groups_is_dict:
                for data__groups_key in data__groups:
                    if data__groups_key not in []:
                        data__groups_value = data__groups.get(data__groups_key)
                        if not isinstance(data__groups_value, list):
                            raise Invalid
                        data__groups_value_is_list = isinstance(data__groups_value, list)
                        if data__groups_value_is_list:
                            data__groups_value_len = len(data__groups_value)
                            for data__groups_value_x, data__groups_value_item in enumerate(data__groups_value):
                                if not isinstance(data__groups_value_item, str):
                                    raise Invalid
        if 'settings' in data:
            data__settings = data['settings']
            if not isinstance(data__settings, dict):
                raise Invalid
            data__settings_is_dict = isinstance(data__settings, dict)
            if data__settings_is_dict:
                for data__settings_key in data__settings:
                    if data__settings_key not in []:
                        data__settings_value = data__settings.get(data__settings_key)
                        if not isinstance(data__settings_value, dict):
                            raise Invalid
        if 'plugins' in data:
            data__plugins = data['plugins']
            if not isinstance(data__plugins, dict):
                raise Invalid
            data__plugins_is_dict = isinstance(data__plugins, dict)
            if data__plugins_is_dict:
                if 'block' in data__plugins:
                    data__plugins__block = data__plugins['block']
                    if not isinstance(data__plugins__block, list):
                        raise Invalid
                    data__plugins__block_is_list = isinstance(data__plugins__block, list)
                    if data__plugins__block_is_list:
                        data__plugins__block_len = len(data__plugins__block)
                        for data__plugins__block_x, data__plugins__block_item in enumerate(data__plugins__block):
                            if not isinstance(data__plugins__block_item, str):
                                raise Invalid
        if 'launch' in data:
            data__launch = data['launch']
            if not isinstance(data__launch, dict):
                raise Invalid
            data__launch_is_dict = isinstance(data__launch, dict)
            if data__launch_is_dict:
                if 'require_reviewed' in data__launch:
                    data__launch__requirereviewed = data__launch['require_reviewed']
                    if not isinstance(data__launch__requirereviewed, bool):
                        raise Invalid
