//! The hints of each rule.

use crate::user::hint::HintOption::{self, Always, IfGiven, UnlessGiven};

const GENERATE: HintOption = Always(
    "pass --password generate to give every user a random password, which they replace with \
     'forgot password'",
);

const OTHER_COLUMN: HintOption = UnlessGiven(
    "--username-from",
    "take the username from another column with --username-from",
);

const UNQUOTED: HintOption = UnlessGiven(
    "--quote",
    "pass --quote none if no cell in the list is quoted",
);

const LOST_CHARACTERS: HintOption = UnlessGiven(
    "--encoding",
    "set the list's encoding with --encoding if characters were lost",
);

pub(super) const CELL_COUNT: &[HintOption] = &[
    Always("give the row as many cells as the header"),
    Always("quote cells that contain the delimiter"),
    UnlessGiven(
        "--flexible",
        "pass --flexible if rows omit empty cells at the end",
    ),
];

pub(super) const ENCODING: &[HintOption] = &[
    UnlessGiven("--encoding", "set the list's encoding with --encoding"),
    IfGiven("--encoding", "correct --encoding"),
    Always("save the list as UTF-8"),
];

pub(super) const QUOTES: &[HintOption] = &[
    Always("quote the whole cell and double the quotes inside it"),
    UnlessGiven(
        "--escape",
        "set the character that escapes quotes with --escape",
    ),
    UNQUOTED,
];

pub(super) const SWALLOWED_ROWS: &[HintOption] = &[
    Always("double a quote that belongs to the text"),
    Always("close any open quote"),
    UNQUOTED,
];

pub(super) const TOO_LONG: &[HintOption] = &[
    Always("close any open quote in the row"),
    Always("shorten the row"),
];

pub(super) const OPEN_QUOTE: &[HintOption] = &[
    Always("close the quote"),
    Always("double it if it belongs to the text"),
];

pub(super) const UNNAMED_COLUMN: &[HintOption] = &[
    Always("name the column in the header"),
    Always("drop it with --ignore-column ''"),
];

pub(super) const USERNAME_MISSING: &[HintOption] = &[Always("fill the cell"), OTHER_COLUMN];

pub(super) const USERNAME: &[HintOption] = &[
    Always("correct the username"),
    LOST_CHARACTERS,
    OTHER_COLUMN,
];

pub(super) const PASSWORD_MISSING: &[HintOption] = &[Always("fill the cell"), GENERATE];

pub(super) const PASSWORD: &[HintOption] =
    &[Always("correct the password"), LOST_CHARACTERS, GENERATE];

pub(super) const PASSWORD_HASH: &[HintOption] = &[
    Always(
        "import bcrypt, scrypt, Argon2id or PBKDF2 hashes with AWS's own import job \
         (CreateUserImportJob)",
    ),
    GENERATE,
    UnlessGiven(
        "--allow-suspicious-passwords",
        "pass --allow-suspicious-passwords if this is the password that the user types",
    ),
];

pub(super) const PASSWORD_POLICY: &[HintOption] = &[
    Always("relax the pool's policy during the import"),
    GENERATE,
];

pub(super) const USERNAME_FORMAT: &[HintOption] = &[Always("correct the username"), OTHER_COLUMN];

pub(super) const EMAIL: &[HintOption] = &[
    Always("correct the address"),
    Always("empty the cell if the pool does not require an address"),
];

pub(super) const PHONE_NUMBER: &[HintOption] = &[
    Always("start the number with + and the country code"),
    UnlessGiven(
        "--phone-region",
        "pass --phone-region DE if numbers without a country code are from one country",
    ),
    Always("empty the cell if the pool does not require a number"),
];

pub(super) const ATTRIBUTE_MISSING: &[HintOption] = &[
    Always("fill the cell"),
    Always("set the attribute for all users with --set"),
];

pub(super) const VALUE_LENGTH: &[HintOption] = &[
    Always("correct the value"),
    UnlessGiven(
        "--date-format",
        "convert a date with --date-format, such as --date-format birthdate=%d.%m.%Y",
    ),
    Always("drop the column with --ignore-column"),
];

pub(super) const ATTRIBUTE_VALUE: &[HintOption] = &[
    Always("correct the value"),
    Always("map it to another value with --value"),
    Always("drop the column with --ignore-column"),
];

pub(super) const DUPLICATE: &[HintOption] = &[
    Always("do nothing if both rows are the same user (the first row is sent)"),
    Always("give one of them a different username"),
];

pub(super) const FORMULA: &[HintOption] = &[
    Always("write the value instead of the formula"),
    UnlessGiven(
        "--unwrap-formulas",
        "pass --unwrap-formulas to read =\"text\" as text",
    ),
];

pub(super) const VALUE_UNKNOWN: &[HintOption] = &[
    Always("add the cell to the column's value table with --value"),
    Always("add `*` for all other cells"),
];

pub(super) const DATE_FORMAT: &[HintOption] =
    &[Always("correct the date"), Always("correct --date-format")];

pub(super) const YES_OR_NO: &[HintOption] = &[
    Always("write true or false"),
    Always("map the cells to true or false with --value"),
];

pub(super) const GROUP: &[HintOption] = &[
    Always("correct the name"),
    UnlessGiven(
        "--group-separator",
        "set the text between groups with --group-separator",
    ),
];
