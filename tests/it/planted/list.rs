//! Generates a list of valid rows and rows with known errors from a seed.

use std::collections::BTreeSet;

use fastrand::Rng;

const HEADER: [&str; 10] = [
    "username",
    "password",
    "email",
    "phone_number",
    "birthdate",
    "name",
    "custom:legacy_id",
    "custom:level",
    "Status",
    "custom:note",
];
const USERNAME: usize = 0;
const PASSWORD: usize = 1;
const EMAIL: usize = 2;
const PHONE: usize = 3;
const BIRTHDATE: usize = 4;
const NAME: usize = 5;
const LEGACY_ID: usize = 6;
const LEVEL: usize = 7;
const STATUS: usize = 8;
const NOTE: usize = 9;

const BCRYPT: &str = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";

/// The stage that rejects a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Rejected by the pool, or by the program applying the pool's rules.
    Pool,
    /// Rejected by the program, independent of the pool.
    List,
}

/// An error in one cell: its column, the rule, what rejects it, and the cell for a row number.
type CellFault = (usize, &'static str, Stage, fn(usize) -> String);

const CELL_FAULTS: [CellFault; 26] = [
    (USERNAME, "username.missing", Stage::List, |_| String::new()),
    (USERNAME, "username.characters", Stage::List, |row| {
        format!("user {row}")
    }),
    (USERNAME, "username.characters", Stage::List, |row| {
        format!("{row:0>129}")
    }),
    (USERNAME, "username.characters", Stage::List, |row| {
        format!("u{row}\u{200b}")
    }),
    (USERNAME, "username.format", Stage::Pool, |row| {
        format!("user{row}@example.com")
    }),
    (PASSWORD, "password.missing", Stage::List, |_| String::new()),
    (PASSWORD, "password.characters", Stage::List, |_| {
        " Passw0rd!!".into()
    }),
    (PASSWORD, "password.characters", Stage::List, |_| {
        format!("{:P<257}", "Pa0!")
    }),
    (PASSWORD, "password.hash", Stage::List, |_| BCRYPT.into()),
    (PASSWORD, "password.policy", Stage::Pool, |_| {
        "Passw0rd!".into()
    }),
    (PASSWORD, "password.policy", Stage::Pool, |_| {
        "passw0rd!!".into()
    }),
    (PASSWORD, "password.policy", Stage::Pool, |_| {
        "Password!!".into()
    }),
    (PASSWORD, "password.policy", Stage::Pool, |_| {
        "Passw0rd00".into()
    }),
    (PASSWORD, "password.policy", Stage::Pool, |_| {
        "ÄÖÜw0rd!!!".into()
    }),
    (EMAIL, "attribute.required", Stage::Pool, |_| String::new()),
    (EMAIL, "email.format", Stage::Pool, |row| {
        format!("user{row}")
    }),
    (EMAIL, "email.format", Stage::Pool, |row| {
        format!("user{row}@@example.com")
    }),
    (BIRTHDATE, "date.format", Stage::List, |_| {
        "31.02.1999".into()
    }),
    (BIRTHDATE, "date.format", Stage::List, |_| {
        "1999-12-31".into()
    }),
    (NAME, "attribute.required", Stage::Pool, |_| String::new()),
    (NAME, "attribute.length", Stage::List, |_| "é".repeat(2_049)),
    (LEGACY_ID, "attribute.length", Stage::Pool, |_| "ab".into()),
    (LEGACY_ID, "attribute.length", Stage::Pool, |_| {
        "é".repeat(13)
    }),
    (LEVEL, "attribute.range", Stage::Pool, |_| "10".into()),
    (LEVEL, "attribute.range", Stage::Pool, |_| "-6".into()),
    (LEVEL, "attribute.value", Stage::Pool, |_| "many".into()),
];

const STATUS_FAULT: CellFault = (STATUS, "value.unknown", Stage::List, |_| "Active".into());

/// Invalid phone numbers, as written and with a default country.
const PHONE_FAULTS: [CellFault; 2] = [
    (PHONE, "phone_number.format", Stage::Pool, |_| {
        "030 901820".into()
    }),
    (PHONE, "phone_number.format", Stage::List, |_| {
        "not given".into()
    }),
];

/// A row and its errors.
#[derive(Debug)]
pub(super) struct PlantedRow {
    pub(super) line: usize,
    pub(super) faults: Vec<(&'static str, Stage)>,
}

impl PlantedRow {
    pub(super) fn is_valid(&self) -> bool {
        self.faults.is_empty()
    }

    pub(super) fn is_duplicate(&self) -> bool {
        self.faults
            .iter()
            .any(|(rule, _)| *rule == "username.duplicate")
    }

    pub(super) fn stages(&self) -> impl Iterator<Item = Stage> {
        self.faults.iter().map(|(_, stage)| *stage)
    }
}

pub(super) struct Planted {
    pub(super) text: Vec<u8>,
    pub(super) rows: Vec<PlantedRow>,
    next_line: usize,
}

impl Planted {
    /// Mixes broken and valid rows. The last row has a quote that is never closed.
    pub(super) fn new(seed: u64, broken: usize, valid: usize, by_region: bool) -> Self {
        let mut chance = Rng::with_seed(seed);
        let mut kinds = [vec![true; broken - 1], vec![false; valid]].concat();
        chance.shuffle(&mut kinds);
        // A duplicate needs an original.
        kinds.insert(0, false);
        let mut planted = Self {
            text: line(
                HEADER
                    .map(str::to_owned)
                    .into_iter()
                    .map(String::into_bytes),
            ),
            rows: Vec::new(),
            next_line: 2,
        };
        let mut names = Vec::new();
        for (row, is_broken) in (1..).zip(kinds) {
            let mut cells = valid_cells(row, by_region, &mut chance);
            let faults = if !is_broken {
                names.push(cells[USERNAME].clone());
                Vec::new()
            } else if chance.u8(..) < 200 {
                break_cells(row, &mut cells, by_region, &mut chance)
            } else {
                break_row(&mut cells, &names, &mut chance)
            };
            planted.add(line(cells), faults);
        }
        let open = b"open,Passw0rd!!,open@example.com,,,\"Open Quote\n".to_vec();
        planted.add(open, vec![("row.open_quote", Stage::List)]);
        planted
    }

    fn add(&mut self, text: Vec<u8>, faults: Vec<(&'static str, Stage)>) {
        let line = self.next_line;
        self.next_line += text.iter().filter(|byte| **byte == b'\n').count();
        self.text.extend(text);
        self.rows.push(PlantedRow { line, faults });
    }

    /// The row, line and rule of every error.
    pub(super) fn faults(&self) -> BTreeSet<(usize, usize, String)> {
        let numbered = (1..).zip(&self.rows);
        numbered
            .flat_map(|(number, row)| {
                let finding =
                    move |(rule, _): &(&str, Stage)| (number, row.line, (*rule).to_owned());
                row.faults.iter().map(finding)
            })
            .collect()
    }

    pub(super) fn count(&self, is: impl Fn(&PlantedRow) -> bool) -> usize {
        self.rows.iter().filter(|row| is(row)).count()
    }
}

/// Valid cells, many of them at a limit.
fn valid_cells(row: usize, by_region: bool, chance: &mut Rng) -> Vec<Vec<u8>> {
    let mut one_of = |cells: &[&str]| cells[chance.usize(..cells.len())].to_owned();
    let filler = format!("{:ä<256}", "Pa0!");
    let long = "é".repeat(2_048);
    let name = one_of(&["Ann", "Lee, Ann", "Ann \"The\"\nLee", "=Ann", "安", &long]);
    let phone = if by_region {
        one_of(&[
            "",
            "030 901820",
            "0171/1234567",
            "+1 212 555 0100",
            "0049 30 901820",
        ])
    } else {
        one_of(&["", "+4930901820", "+12125550100", "+123456789012345"])
    };
    let cells = [
        one_of(&["user{}", "Üser{}", "{}", "u.s-e_r+{}", "{:>128}"]),
        one_of(&["Passw0rd!!", "ÄÖÜ-Pa5s!!", "$1$Bargain!", &filler]),
        one_of(&["user{}@example.com", "o'brien+{}@mail.example.co.uk"]),
        phone,
        one_of(&["", "31.12.1999", "1.2.2000"]),
        name,
        one_of(&["", "abc", "äbcdefghijkl", "0000"]),
        one_of(&["", "-5", "9", "0"]),
        one_of(&["", "active", "gone"]),
        one_of(&["", "a note", "#1"]),
    ];
    cells
        .map(|cell| {
            let filled = cell.replace("{:>128}", &format!("{row:x>128}"));
            filled.replace("{}", &row.to_string()).into_bytes()
        })
        .to_vec()
}

/// Plants one to three errors in different columns.
fn break_cells(
    row: usize,
    cells: &mut [Vec<u8>],
    by_region: bool,
    chance: &mut Rng,
) -> Vec<(&'static str, Stage)> {
    let mut faults = CELL_FAULTS.to_vec();
    faults.extend([STATUS_FAULT, PHONE_FAULTS[usize::from(by_region)]]);
    chance.shuffle(&mut faults);
    let mut columns = BTreeSet::new();
    let mut planted = BTreeSet::new();
    for (column, rule, stage, cell) in faults {
        // Findings are compared as a set, so a row gets each rule only once.
        if columns.len() < 3
            && !planted.iter().any(|(other, _)| *other == rule)
            && columns.insert(column)
        {
            cells[column] = cell(row).into_bytes();
            planted.insert((rule, stage));
            if chance.bool() {
                break;
            }
        }
    }
    planted.into_iter().collect()
}

/// Plants an error of the whole row.
fn break_row(
    cells: &mut Vec<Vec<u8>>,
    names: &[Vec<u8>],
    chance: &mut Rng,
) -> Vec<(&'static str, Stage)> {
    let rule = match chance.u8(..8) {
        0 => {
            cells.pop();
            "row.cell_count"
        }
        1 => {
            cells.push(b"one too many".to_vec());
            "row.cell_count"
        }
        2 => {
            cells[NOTE] = b"caf\xe9".to_vec();
            "row.encoding"
        }
        3 => {
            cells[NOTE] = b"long\n".repeat(14_000);
            "row.too_long"
        }
        _ => {
            let name = String::from_utf8_lossy(&names[chance.usize(..names.len())]).into_owned();
            let name = if chance.bool() {
                name.to_uppercase()
            } else {
                name
            };
            cells[USERNAME] = name.into_bytes();
            "username.duplicate"
        }
    };
    vec![(rule, Stage::List)]
}

fn line(cells: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(cells).unwrap();
    csv.into_inner().unwrap()
}
