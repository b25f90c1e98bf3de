"""A copy of the real package with one more table, whose names and cells are hard on other programs."""

import json
from pathlib import Path

from copies import copy_package

from policycase.model.package import write_json

LONG_NAME = "a_name_that_is_longer_than_stata_takes"
TEXT = {"type": "string", "title": "Text", "description": "Any text."}
FIELDS = [
    {**TEXT, "name": "order_id", "constraints": {"required": True}},
    {**TEXT, "name": "case_id", "constraints": {"required": True}},
    {**TEXT, "name": "parent_order_id"},
    {**TEXT, "name": "select"},
    {**TEXT, "name": "group"},
    {"name": "long", "type": "integer", "title": "Long", "description": "A reserved word of Stata."},
    {"name": "with", "type": "string", "title": "With", "description": "A code.", "policycase": {"vocabulary": "role"}},
    {"name": "to", "type": "boolean", "title": "To", "description": "A reserved word of SPSS."},
    {"name": "table", "type": "date", "title": "Table", "description": "A day."},
    {"name": "where", "type": "number", "title": "Where", "description": "A number."},
    {**TEXT, "name": f"{LONG_NAME}_one"},
    {**TEXT, "name": f"{LONG_NAME}_two"},
]
SCHEMA = {
    "name": "order",
    "title": "Order",
    "description": "A table that databases must quote; it's hard.",
    "policycase": {"kind": "entity"},
    "fields": FIELDS,
    "primaryKey": ["order_id"],
    "foreignKeys": [
        {"fields": ["case_id"], "reference": {"resource": "cases", "fields": ["case_id"]}},
        {"fields": ["parent_order_id"], "reference": {"resource": "", "fields": ["order_id"]}},
    ],
}
LONG_TEXT = "Ө" * 3000  # 6,000 bytes
ROWS = f"""\
{",".join(field["name"] for field in FIELDS)}
kgz-leph:o1,kgz-leph,kgz-leph:o2,=1+1,"=HYPERLINK(""http://example.org"",""x"")",1,lead,true,1999-12-31,0.1,+7 996,@SUM(A1)
kgz-leph:o2,kgz-leph,,-1,Министерство здравоохранения,,abstain,false,,,Đà Nẵng,Comissão para a Dissuasão
kgz-leph:o3,kgz-leph,kgz-leph:o1,NA,null,9007199254740991,,,2100-01-01,-12.5,007,2020-03-25
kgz-leph:o4,kgz-leph,,1e5,"a ""quoted"", cell",-3,adjudicate,true,1700-01-01,175464,TRUE,{LONG_TEXT}
kgz-leph:o5,kgz-leph,kgz-leph:o1,,,,,,,,,{LONG_TEXT}
"""


def copy_unusual(target: Path) -> Path:
    """The package of this repository with the table `order`."""
    copy_package(target)
    (target / "schemas/order.schema.json").write_bytes(write_json(SCHEMA))
    (target / "data/order.csv").write_text(ROWS, encoding="utf-8", newline="\n")
    own = {"name": "order", "title": "Order", "path": "data/order.csv", "schema": "schemas/order.schema.json"}
    for file, key in (("schemas/profile.json", "tables"), ("datapackage.json", "resources")):
        content = json.loads((target / file).read_bytes())
        content[key].append("order" if key == "tables" else content[key][0] | own)
        (target / file).write_bytes(write_json(content))
    return target
