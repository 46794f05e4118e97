# generated from schemas/line_limits.schema.json by scripts/generate_validators.py; not to be edited
# fastjsonschema 2.22.3
# source sha256 8d58457e596c6a0cdf3c581df7b73c6e24921254f0ec27cf7d30691fc20cc86f
from autolab_core.io.schemas.invalid import Invalid


def validate(data):
    if not isinstance(data, dict):
        raise Invalid
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        if 'line_limits' not in data:
            raise Invalid
        if 'line_limits' in data:
            data__linelimits = data['line_limits']
            if not isinstance(data__linelimits, dict):
                raise Invalid
            data__linelimits_is_dict = isinstance(data__linelimits, dict)
            if data__linelimits_is_dict:
                if 'fixed_max_lines' in data__linelimits:
                    data__linelimits__fixedmaxlines = data__linelimits['fixed_max_lines']
                    if not isinstance(data__linelimits__fixedmaxlines, dict):
                        raise Invalid
                    data__linelimits__fixedmaxlines_is_dict = isinstance(data__linelimits__fixedmaxlines, dict)
                    if data__linelimits__fixedmaxlines_is_dict:
                        for data__linelimits__fixedmaxlines_key in data__linelimits__fixedmaxlines:
                            if data__linelimits__fixedmaxlines_key not in []:
                                data__linelimits__fixedmaxlines_value = data__linelimits__fixedmaxlines.get(data__linelimits__fixedmaxlines_key)
                                if not isinstance(data__linelimits__fixedmaxlines_value, int) and (not (isinstance(data__linelimits__fixedmaxlines_value, float) and data__linelimits__fixedmaxlines_value.is_integer())) or isinstance(data__linelimits__fixedmaxlines_value, bool):
                                    raise Invalid
                                if isinstance(data__linelimits__fixedmaxlines_value, (int, float)) and (not isinstance(data__linelimits__fixedmaxlines_value, bool)):
                                    if data__linelimits__fixedmaxlines_value < 0:
                                        raise Invalid
                if 'run_manifest_dynamic' in data__linelimits:
                    data__linelimits__runmanifestdynamic = data__linelimits['run_manifest_dynamic']
                    if not isinstance(data__linelimits__runmanifestdynamic, dict):
                        raise Invalid
                    data__linelimits__runmanifestdynamic_is_dict = isinstance(data__linelimits__runmanifestdynamic, dict)
                    if data__linelimits__runmanifestdynamic_is_dict:
                        if 'min_cap_lines' in data__linelimits__runmanifestdynamic:
                            data__linelimits__runmanifestdynamic__mincaplines = data__linelimits__runmanifestdynamic['min_cap_lines']
                            if not isinstance(data__linelimits__runmanifestdynamic__mincaplines, int) and (not (isinstance(data__linelimits__runmanifestdynamic__mincaplines, float) and data__linelimits__runmanifestdynamic__mincaplines.is_integer())) or isinstance(data__linelimits__runmanifestdynamic__mincaplines, bool):
                                raise Invalid
                            if isinstance(data__linelimits__runmanifestdynamic__mincaplines, (int, float)) and (not isinstance(data__linelimits__runmanifestdynamic__mincaplines, bool)):
                                if data__linelimits__runmanifestdynamic__mincaplines < 0:
                                    raise Invalid
                        if 'max_cap_lines' in data__linelimits__runmanifestdynamic:
                            data__linelimits__runmanifestdynamic__maxcaplines = data__linelimits__runmanifestdynamic['max_cap_lines']
                            if not isinstance(data__linelimits__runmanifestdynamic__maxcaplines, int) and (not (isinstance(data__linelimits__runmanifestdynamic__maxcaplines, float) and data__linelimits__runmanifestdynamic__maxcaplines.is_integer())) or isinstance(data__linelimits__runmanifestdynamic__maxcaplines, bool):
                                raise Invalid
                            if isinstance(data__linelimits__runmanifestdynamic__maxcaplines, (int, float)) and (not isinstance(data__linelimits__runmanifestdynamic__maxcaplines, bool)):
                                if data__linelimits__runmanifestdynamic__maxcaplines < 0:
                                    raise Invalid
                        if 'base_lines' in data__linelimits__runmanifestdynamic:
                            data__linelimits__runmanifestdynamic__baselines = data__linelimits__runmanifestdynamic['base_lines']
                            if not isinstance(data__linelimits__runmanifestdynamic__baselines, int) and (not (isinstance(data__linelimits__runmanifestdynamic__baselines, float) and data__linelimits__runmanifestdynamic__baselines.is_integer())) or isinstance(data__linelimits__runmanifestdynamic__baselines, bool):
                                raise Invalid
                            if isinstance(data__linelimits__runmanifestdynamic__baselines, (int, float)) and (not isinstance(data__linelimits__runmanifestdynamic__baselines, bool)):
                                if data__linelimits__runmanifestdynamic__baselines < 0:
                                    raise Invalid
                        if 'per_item_lines' in data__linelimits__runmanifestdynamic:
                            data__linelimits__runmanifestdynamic__peritemlines = data__linelimits__runmanifestdynamic['per_item_lines']
                            if not isinstance(data__linelimits__runmanifestdynamic__peritemlines, int) and (not (isinstance(data__linelimits__runmanifestdynamic__peritemlines, float) and data__linelimits__runmanifestdynamic__peritemlines.is_integer())) or isinstance(data__linelimits__runmanifestdynamic__peritemlines, bool):
                                raise Invalid
                            if isinstance(data__linelimits__runmanifestdynamic__peritemlines, (int, float)) and (not isinstance(data__linelimits__runmanifestdynamic__peritemlines, bool)):
                                if data__linelimits__runmanifestdynamic__peritemlines < 0:
                                    raise Invalid
                        if 'max_chars' in data__linelimits__runmanifestdynamic:
                            data__linelimits__runmanifestdynamic__maxchars = data__linelimits__runmanifestdynamic['max_chars']
                            if not isinstance(data__linelimits__runmanifestdynamic__maxchars, int) and (not (isinstance(data__linelimits__runmanifestdynamic__maxchars, float) and data__linelimits__runmanifestdynamic__maxchars.is_integer())) or isinstance(data__linelimits__runmanifestdynamic__maxchars, bool):
                                raise Invalid
                            if isinstance(data__linelimits__runmanifestdynamic__maxchars, (int, float)) and (not isinstance(data__linelimits__runmanifestdynamic__maxchars, bool)):
                                if data__linelimits__runmanifestdynamic__maxchars < 0:
                                    raise Invalid
                        if 'max_bytes' in data__linelimits__runmanifestdynamic:
                            data__linelimits__runmanifestdynamic__maxbytes = data__linelimits__runmanifestdynamic['max_bytes']
                            if not isinstance(data__linelimits__runmanifestdynamic__maxbytes, int) and (not (isinstance(data__linelimits__runmanifestdynamic__maxbytes, float) and data__linelimits__runmanifestdynamic__maxbytes.is_integer())) or isinstance(data__linelimits__runmanifestdynamic__maxbytes, bool):
                                raise Invalid
                            if isinstance(data__linelimits__runmanifestdynamic__maxbytes, (int, float)) and (not isinstance(data__linelimits__runmanifestdynamic__maxbytes, bool)):
                                if data__linelimits__runmanifestdynamic__maxbytes < 0:
                                    raise Invalid
                        if 'count_paths' in data__linelimits__runmanifestdynamic:
                            data__linelimits__runmanifestdynamic__countpaths = data__linelimits__runmanifestdynamic['count_paths']
                            if not isinstance(data__linelimits__runmanifestdynamic__countpaths, list):
                                raise Invalid
                            data__linelimits__runmanifestdynamic__countpaths_is_list = isinstance(data__linelimits__runmanifestdynamic__countpaths, list)
                            if data__linelimits__runmanifestdynamic__countpaths_is_list:
                                data__linelimits__runmanifestdynamic__countpaths_len = len(data__linelimits__runmanifestdynamic__countpaths)
                                for data__linelimits__runmanifestdynamic__countpaths_x, data__linelimits__runmanifestdynamic__countpaths_item in enumerate(data__linelimits__runmanifestdynamic__countpaths):
                                    if not isinstance(data__linelimits__runmanifestdynamic__countpaths_item, str):
                                        raise Invalid
