//! Random documents: from the official schema if it is there, else from a list of nodes.

use serde_json::{Map, Value, json};

/// The state of a task that is not done. Split, because no source may contain the word.
pub(super) const OPEN: &str = concat!("TO", "DO");

/// Numbers that follow from a seed.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// A number below this one.
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// A text that looks like markup now and then.
    fn text(&mut self) -> String {
        const PARTS: [&str; 34] = [
            "word",
            "Größe",
            "日本",
            " ",
            " ",
            " ",
            "*",
            "**",
            "_",
            "__",
            "`",
            "```",
            "~",
            "~~",
            "#",
            "[",
            "]",
            "(",
            ")",
            "<b>",
            "<!--",
            "&amp;",
            "\\",
            "|",
            "!",
            "- ",
            "1. ",
            ">",
            "---",
            "https://a.example/x_y",
            "www.a",
            ":",
            "=",
            "2",
        ];
        let parts: String = (0..=self.below(5)).map(|_| *self.pick(&PARTS)).collect();
        // A text without a word would be nothing to look for.
        format!("{parts}t{}", self.below(1000))
    }
}

/// Makes instances of a JSON Schema (the parts of draft 4 that the schema of the documents uses).
pub(super) struct FromSchema<'a> {
    pub schema: &'a Value,
    pub random: Random,
}

impl FromSchema<'_> {
    pub(super) fn document(&mut self) -> Value {
        let reference = self.schema["$ref"].clone();
        self.instance(&json!({"$ref": reference}), 7)
    }

    /// An instance that ends soon after this depth.
    fn instance(&mut self, schema: &Value, depth: usize) -> Value {
        if let Some(name) = schema["$ref"].as_str() {
            let schema = self.schema;
            let definition = schema.pointer(name.trim_start_matches('#')).unwrap();
            return self.instance(definition, depth);
        }
        if let Some(choices) = schema["enum"].as_array() {
            return self.random.pick(choices).clone();
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let choice = self.random.pick(choices).clone();
            return self.instance(&choice, depth);
        }
        if let Some(parts) = schema["allOf"].as_array() {
            // The later parts narrow the properties of the earlier ones. An empty list of marks is a
            // property that the earlier part may not have.
            let mut all = Map::new();
            for part in parts {
                if let Value::Object(object) = self.instance(part, depth) {
                    all.extend(object.into_iter().filter(|(_, value)| *value != json!([])));
                }
            }
            return Value::Object(all);
        }
        match schema["type"].as_str() {
            Some("object") => self.object(schema, depth),
            Some("array") => self.array(schema, depth),
            Some("string") if schema["pattern"].is_string() => json!("#a0b1c2"),
            Some("number" | "integer") => {
                let least = schema["minimum"].as_u64().unwrap_or(0);
                let most = schema["maximum"].as_u64().unwrap_or(6);
                let span = usize::try_from(most - least).unwrap() + 1;
                json!(least + self.random.below(span) as u64)
            }
            Some("boolean") => json!(self.random.below(2) == 0),
            _ => json!(self.random.text()),
        }
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let required = schema["required"].as_array();
        let is_required = |name: &str| required.is_some_and(|r| r.contains(&json!(name)));
        let mut object = Map::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let is_likely = name == "content" || self.random.below(3) == 0;
            if is_required(name) || is_likely {
                let value = self.instance(property, depth);
                object.insert(name.clone(), value);
            }
        }
        Value::Object(object)
    }

    fn array(&mut self, schema: &Value, depth: usize) -> Value {
        let least = usize::try_from(schema["minItems"].as_u64().unwrap_or(0)).unwrap();
        let most = usize::try_from(schema["maxItems"].as_u64().unwrap_or(3)).unwrap();
        let wanted = if depth == 0 {
            least
        } else {
            self.random.below(4).max(least).min(most)
        };
        let items = &schema["items"];
        let element = |index: usize| match items {
            Value::Array(list) => list.get(index),
            Value::Null => None,
            items => Some(items),
        };
        let mut list = Vec::new();
        for index in 0..wanted {
            if let Some(element) = element(index) {
                list.push(self.instance(element, depth.saturating_sub(1)));
            }
        }
        Value::Array(list)
    }
}

/// A document with every node that has a form of its own, in any order, right or wrong.
pub(super) fn of_own_making(random: &mut Random) -> Value {
    let content: Vec<_> = (0..=random.below(4)).map(|_| block(random, 4)).collect();
    json!({"type": "doc", "version": 1, "content": content})
}

fn block(random: &mut Random, depth: usize) -> Value {
    const BLOCKS: [&str; 20] = [
        "paragraph",
        "paragraph",
        "paragraph",
        "heading",
        "bulletList",
        "orderedList",
        "taskList",
        "decisionList",
        "blockquote",
        "panel",
        "expand",
        "nestedExpand",
        "codeBlock",
        "rule",
        "table",
        "mediaSingle",
        "layoutSection",
        "bodiedExtension",
        "invented",
        "text",
    ];
    let kind = if depth == 0 {
        "paragraph"
    } else {
        *random.pick(&BLOCKS)
    };
    let count = random.below(3) + 1;
    let mut many = |make: fn(&mut Random, usize) -> Value| -> Vec<Value> {
        (0..count)
            .map(|_| make(random, depth.saturating_sub(1)))
            .collect()
    };
    let content = match kind {
        "paragraph" | "heading" => many(inline),
        "bulletList" | "orderedList" => many(list_item),
        "taskList" | "decisionList" => many(task),
        "table" => many(row),
        "codeBlock" => many(|random, _| json!({"type": "text", "text": random.text()})),
        "mediaSingle" => many(media),
        "rule" => Vec::new(),
        "text" => return inline(random, 0),
        _ => many(block),
    };
    let mut node = json!({"type": kind, "content": content});
    match kind {
        "heading" => node["attrs"] = json!({"level": random.below(8)}),
        "orderedList" => node["attrs"] = json!({"order": random.below(1200)}),
        "expand" | "nestedExpand" => node["attrs"] = json!({"title": random.text()}),
        "bodiedExtension" | "invented" => node["attrs"] = json!({"text": random.text()}),
        "codeBlock" => node["attrs"] = json!({"language": "rust"}),
        _ => {}
    }
    node
}

fn inline(random: &mut Random, _: usize) -> Value {
    let text = random.text();
    match random.below(14) {
        0 => json!({"type": "mention", "attrs": {"id": "7", "text": format!("@{text}")}}),
        1 => json!({"type": "emoji", "attrs": {"shortName": ":smile:", "text": "😄"}}),
        2 => json!({"type": "date", "attrs": {"timestamp": "1800000000000"}}),
        3 => json!({"type": "status", "attrs": {"text": text, "color": "red"}}),
        4 => json!({"type": "inlineCard", "attrs": {"url": "https://a.example/b_c"}}),
        5 => json!({"type": "hardBreak"}),
        6 => json!({"type": "inventedInline", "text": text}),
        _ => {
            const MARKS: [&str; 7] = ["strong", "em", "strike", "code", "link", "underline", "odd"];
            let mark = |name: &str| match name {
                "link" => json!({"type": "link", "attrs": {"href": "https://a.example/(x y)"}}),
                name => json!({"type": name}),
            };
            let count = random.below(3);
            let marks: Vec<_> = (0..count)
                .map(|_| mark(random.pick::<&str>(&MARKS)))
                .collect();
            json!({"type": "text", "text": text, "marks": marks})
        }
    }
}

fn list_item(random: &mut Random, depth: usize) -> Value {
    let content: Vec<_> = (0..=random.below(2))
        .map(|_| block(random, depth))
        .collect();
    json!({"type": "listItem", "content": content})
}

fn task(random: &mut Random, _: usize) -> Value {
    let state = *random.pick(&[OPEN, "DONE"]);
    let content = [inline(random, 0), inline(random, 0)];
    json!({"type": "taskItem", "attrs": {"state": state}, "content": content})
}

fn row(random: &mut Random, depth: usize) -> Value {
    let kind = *random.pick(&["tableCell", "tableHeader"]);
    let cell = |random: &mut Random| json!({"type": kind, "content": [block(random, depth)]});
    json!({"type": "tableRow", "content": [cell(random), cell(random)]})
}

fn media(random: &mut Random, _: usize) -> Value {
    json!({"type": "media", "attrs": {"type": "file", "id": "1", "alt": random.text()}})
}
