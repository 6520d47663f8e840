//! Suggests a command that converts a file to CSV.

use super::super::STANDARD_INPUT;
use super::{Foreign, Format, JsonRows, Packing};
use crate::s3::S3Url;

/// Writes objects as rows, with a column for each key. Nested values are written as JSON.
const JQ: &str = " as $rows | ($rows | map(keys_unsorted) | add // [] | unique) as $keys \
                  | $keys, ($rows[] | [.[$keys[]] | if type == \"object\" \
                  or type == \"array\" then tojson else . end]) | @csv";

/// Writes entries as rows, with a column for the first value of each attribute, base64 decoded.
const LDIF: &str = r#"import base64,csv,re,sys;t=re.sub("\r?\n ","",sys.stdin.buffer.read().decode("utf-8-sig")).replace("\r","");e=[{k:base64.b64decode(v).decode("utf-8","replace") if c else v for k,c,v in reversed(re.findall(r"(?m)^([\w;.-]+):(:?) *(.*)$",b))} for b in re.split(r"\n\n+",t)];e=[d for d in e if "dn" in d];w=csv.DictWriter(sys.stdout,list(dict.fromkeys(k for d in e for k in d)));w.writeheader();w.writerows(e)"#;

/// Writes the rows of all tables without markup.
const HTML: &str = r#"import csv,html,re,sys;t=sys.stdin.buffer.read().decode("utf-8-sig");csv.writer(sys.stdout).writerows([html.unescape(re.sub("<[^>]*>","",c)).strip() for c in re.split(r"(?i)<t[dh]\b[^>]*>",re.split(r"(?i)</t(?:r|body|able)\b",r)[0])[1:]] for r in re.split(r"(?i)<tr\b[^>]*>",t)[1:])"#;

/// Selects commas, double quotes and UTF-8 (LibreOffice, "Filter Options for CSV").
const SOFFICE: &str = "soffice --headless --convert-to 'csv:Text - txt - csv (StarCalc):44,34,76'";

/// File extensions of archives.
const ARCHIVE_EXTENSIONS: [&str; 8] = [".gz", ".zst", ".bz2", ".xz", ".zip", ".7z", ".tar", ".tgz"];

impl Foreign {
    /// Suggests how to convert the list with this name.
    #[must_use]
    pub fn hint(&self, list: &str) -> String {
        let Some(converter) = self.converter() else {
            return "export the users as CSV".to_owned();
        };
        let (source, input) = if list == STANDARD_INPUT {
            (Vec::new(), "")
        } else if let Ok(Some(url)) = S3Url::named(list) {
            (
                vec![format!("aws s3 cp {} -", shell_quoted(&url.to_string()))],
                "",
            )
        } else {
            (Vec::new(), list)
        };
        let stages = self.unwrap_commands().chain(converter.pipe());
        let mut stages: Vec<String> = source.into_iter().chain(stages).collect();
        if let (Some(stage), false) = (stages.first_mut(), input.is_empty()) {
            stage.push_str(&format!(" < {}", shell_quoted(input)));
        }
        let pipe = stages.join(" | ");
        match converter {
            Converter::Pipe(_) if list == STANDARD_INPUT => {
                format!(
                    "insert this command before it in the pipeline{}:\n  {pipe}",
                    self.remark()
                )
            }
            Converter::Pipe(_) => format!(
                "convert it and import the result{}:\n  {pipe} > {}",
                self.remark(),
                shell_quoted(&converted_name(list))
            ),
            Converter::Office(extension) => {
                let save =
                    "save it as CSV UTF-8 in a spreadsheet program, or convert it with LibreOffice";
                // LibreOffice takes a file, and names its output after it.
                if stages.is_empty() && !input.is_empty() && !input.ends_with(".csv") {
                    return format!("{save}:\n  {SOFFICE} {}", shell_quoted(input));
                }
                let copy = if stages.is_empty() { "cat" } else { "" };
                let redirect = if stages.is_empty() && !input.is_empty() {
                    format!(" < {}", shell_quoted(input))
                } else {
                    String::new()
                };
                format!(
                    "{save}:\n  {copy}{pipe}{redirect} > list{extension} && {SOFFICE} list{extension}"
                )
            }
        }
    }

    fn remark(&self) -> &'static str {
        if self.format == Format::Json(JsonRows::Unknown) {
            " (with the key of the array of users instead of .users)"
        } else {
            ""
        }
    }

    /// Returns the commands that decompress and transcode.
    fn unwrap_commands(&self) -> impl Iterator<Item = String> {
        let packing = self
            .wrapping
            .packing
            .map(|packing| unpack_command(packing).to_owned());
        let encoding = self.wrapping.encoding;
        let encoding = encoding.map(|name| format!("iconv -f {name} -t UTF-8"));
        packing.into_iter().chain(encoding)
    }

    fn converter(&self) -> Option<Converter> {
        let pipe = |command: String| Some(Converter::Pipe(command));
        match &self.format {
            Format::Json(rows) => {
                let rows = match rows {
                    JsonRows::TopLevel => ".".to_owned(),
                    JsonRows::Key(key) => format!(".{}", serde_json::Value::from(key.as_str())),
                    JsonRows::Unknown => ".users".to_owned(),
                };
                pipe(format!("jq -r {}", shell_quoted(&format!("{rows}{JQ}"))))
            }
            Format::JsonLines => pipe(format!("jq -rs {}", shell_quoted(&format!(".{JQ}")))),
            Format::Ldif => pipe(format!("python3 -c {}", shell_quoted(LDIF))),
            Format::Html => pipe(format!("python3 -c {}", shell_quoted(HTML))),
            Format::Xml => None,
            Format::Xlsx => Some(Converter::Office(".xlsx")),
            Format::Xls => Some(Converter::Office(".xls")),
            Format::Ods => Some(Converter::Office(".ods")),
            Format::Zip => pipe("funzip".to_owned()),
            Format::Bzip2 => pipe("bzip2 -dc".to_owned()),
            Format::Xz => pipe("xz -dc".to_owned()),
            Format::SevenZip => pipe("bsdtar -xOf -".to_owned()),
            Format::Tar => pipe("tar -xOf -".to_owned()),
            Format::Packed(packing) => pipe(unpack_command(*packing).to_owned()),
        }
    }
}

/// The last stage of the pipeline.
enum Converter {
    /// A command that reads standard input and writes standard output.
    Pipe(String),
    /// LibreOffice, for a file with this extension.
    Office(&'static str),
}

impl Converter {
    fn pipe(&self) -> Option<String> {
        match self {
            Self::Pipe(command) => Some(command.clone()),
            Self::Office(_) => None,
        }
    }
}

fn unpack_command(packing: Packing) -> &'static str {
    match packing {
        Packing::Gzip => "gzip -dc",
        Packing::Zstd => "zstd -dc",
    }
}

/// Returns the name for the converted list, which differs from the original.
fn converted_name(list: &str) -> String {
    let (dir, name) = match list.rsplit_once('/') {
        // Files copied from S3 go to the working directory.
        Some((_, name)) if list.starts_with("s3://") => ("", name),
        Some((dir, name)) => (list.get(..=dir.len()).unwrap_or_default(), name),
        None => ("", list),
    };
    let mut stem = name;
    while let Some(shorter) = ARCHIVE_EXTENSIONS
        .iter()
        .find_map(|extension| stem.strip_suffix(extension))
    {
        stem = shorter;
    }
    let stem = match stem.rsplit_once('.') {
        Some((before, _)) if !before.is_empty() => before,
        Some(_) | None => stem,
    };
    let csv = format!("{stem}.csv");
    if csv == name {
        format!("{dir}{stem}-converted.csv")
    } else {
        format!("{dir}{csv}")
    }
}

/// Quotes a word for the shell if necessary.
fn shell_quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::converted_name;

    #[test]
    fn the_converted_list_never_replaces_the_original() {
        for (list, expected) in [
            ("users.json", "users.csv"),
            ("/data/users.ndjson.gz", "/data/users.csv"),
            ("a.b/users", "a.b/users.csv"),
            ("users.csv.xz", "users.csv"),
            ("users.tar.gz", "users.csv"),
            ("users.csv", "users-converted.csv"),
            ("x/users.csv", "x/users-converted.csv"),
            ("s3://bucket/a/users.json", "users.csv"),
        ] {
            assert_eq!(converted_name(list), expected);
        }
    }
}
