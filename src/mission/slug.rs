//! Slugs: the part of a mission's name after its number.

/// The longest slug, in characters.
const LONGEST: usize = 60;

/// Whether a text is a valid slug: words of `[a-z0-9]` joined by single hyphens, a letter first; at most
/// 60 characters.
pub fn is_valid(slug: &str) -> bool {
    slug.len() <= LONGEST
        && slug.starts_with(|c: char| c.is_ascii_lowercase())
        && slug.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

/// Derives the slug of a ticket: from its key, else from the first five words of its title, else
/// `untitled`. The result is always valid. One that would begin with a digit gets the prefix
/// `ticket-`.
pub fn from_ticket(key: &str, title: &str) -> String {
    let words: Vec<_> = title
        .split(is_space)
        .filter(|word| !word.is_empty())
        .take(5)
        .collect();
    let slug = [hyphenate(key), hyphenate(&words.join(" "))]
        .into_iter()
        .find(|slug| !slug.is_empty())
        .unwrap_or_else(|| "untitled".to_owned());
    let slug = if slug.starts_with(|c: char| c.is_ascii_digit()) {
        format!("ticket-{slug}")
    } else {
        slug
    };
    shorten(slug)
}

/// Lower case; every run outside `[a-z0-9]` becomes one hyphen; no hyphen at the ends.
fn hyphenate(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<_> = lower
        .split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit())
        .filter(|word| !word.is_empty())
        .collect();
    words.join("-")
}

/// At most [`LONGEST`] characters, cut at a hyphen if there is one.
fn shorten(slug: String) -> String {
    let Some((head, rest)) = slug.split_at_checked(LONGEST) else {
        return slug;
    };
    if rest.is_empty() || rest.starts_with('-') {
        return head.to_owned();
    }
    head.rsplit_once('-')
        .map_or(head, |(kept, _)| kept)
        .to_owned()
}

/// Whitespace as spec-kitty 3.0.x splits titles: Unicode's, and the ASCII separators 1C–1F.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_of_the_table() {
        let table: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/cases/slug_cases.json")).unwrap();
        for case in table["cases"].as_array().unwrap() {
            let text = |field: &str| case[field].as_str().unwrap();
            assert_eq!(
                from_ticket(text("key"), text("title")),
                text("slug"),
                "{case}"
            );
        }
    }

    #[test]
    fn long_slugs_are_cut_at_a_hyphen() {
        let nine = "abcdefghi-".repeat(7);
        assert_eq!(
            from_ticket(&nine, ""),
            nine.trim_end_matches('-').get(..59).unwrap()
        );
        let exact = format!("{}-{}-tail", "a".repeat(30), "b".repeat(29));
        assert_eq!(from_ticket(&exact, "").len(), 60);
    }

    proptest::proptest! {
        #[test]
        fn a_ticket_always_gives_a_valid_slug(key in "\\PC{0,90}", title in "\\PC{0,200}") {
            let slug = from_ticket(&key, &title);
            proptest::prop_assert!(is_valid(&slug), "{slug}");
            proptest::prop_assert!(slug.len() <= LONGEST);
        }
    }

    #[test]
    fn validity() {
        for good in ["a", "user-auth", "fix-bug-123", "a1-2b"] {
            assert!(is_valid(good), "{good}");
        }
        for bad in [
            "", "-a", "a-", "a--b", "A", "1a", "a_b", "a b", "a\n", "é", "a/b", "../a",
        ] {
            assert!(!is_valid(bad), "{bad:?}");
        }
    }
}
