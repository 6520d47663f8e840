//! Guesses the target of a column by the names that other systems use. Guesses are only suggested,
//! never applied.

use super::columns::{NameMeaning, Target, name_meaning, nearest_known};

/// A guessed target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Guess {
    pub(super) target: Target,
    /// Of several columns in a list, the one with the lowest rank is likeliest.
    pub(super) rank: usize,
}

/// The [`normalized`] names of each target in English, German, French and Spanish, likeliest first.
const NAMES: [(&str, &str); 20] = [
    (
        "username",
        "username login userlogin loginname logonname samaccountname userprincipalname \
         accountname benutzername benutzerkennung anmeldename nomdutilisateur nomutilisateur \
         identifiant nombredeusuario nombreusuario usuario loginid userid uid user benutzer \
         account",
    ),
    (
        "password",
        "password plainpassword plaintextpassword cleartextpassword initialpassword \
         temporarypassword temppassword userpassword passwd passphrase passcode pwd pass \
         passwort kennwort motdepasse contrasena",
    ),
    (
        "email",
        "email emailaddress emailaddr mail mailaddress emailid email1 email1value emailadresse \
         mailadresse adresseemail adressemail adresseelectronique courriel correoelectronico \
         correo",
    ),
    (
        "phone_number",
        "phonenumber mobilephone mobile mobilenumber mobilephonenumber mobileno cellphone \
         cellphonenumber cell handynummer handy mobilnummer mobiltelefon mobil movil portable \
         phone phoneno telephone telephonenumber tel telefonnummer telefon rufnummer \
         numerodetelephone numerodetelefono telefono",
    ),
    (
        "given_name",
        "givenname firstname forename fname first vorname prenom nombre",
    ),
    (
        "family_name",
        "familyname lastname surname lname last nachname familienname zuname nomdefamille nom \
         apellidos apellido",
    ),
    (
        "name",
        "name fullname displayname completename vollername anzeigename nomcomplet nombrecompleto",
    ),
    ("middle_name", "middlename secondname zweitername"),
    ("nickname", "nickname nick spitzname"),
    (
        "birthdate",
        "birthdate dateofbirth dob birthday geburtsdatum geburtstag datedenaissance \
         fechadenacimiento fechanacimiento",
    ),
    ("gender", "gender sex geschlecht sexe genre genero sexo"),
    (
        "address",
        "address postaladdress homeaddress streetaddress anschrift adresse direccion",
    ),
    (
        "locale",
        "locale language preferredlanguage lang sprache langue idioma",
    ),
    ("zoneinfo", "zoneinfo timezone tz zeitzone"),
    ("website", "website homepage url webseite siteweb sitioweb"),
    (
        "picture",
        "picture avatar avatarurl photo photourl pictureurl profilepicture",
    ),
    ("profile", "profile profileurl"),
    (
        "groups",
        "groups cognitogroups usergroups group gruppen groupes grupos",
    ),
    (
        "email_verified",
        "emailverified isemailverified emailconfirmed mailverified",
    ),
    (
        "phone_number_verified",
        "phonenumberverified phoneverified isphoneverified phonenumberconfirmed",
    ),
];

/// Prefixes that do not change the meaning of a name: `user_email`, `Primary Phone`.
const PREFIXES: [&str; 12] = [
    "user", "customer", "member", "contact", "person", "client", "employee", "student", "primary",
    "main", "your", "my",
];

/// Parts of names of columns with password hashes or salts. Their targets are never guessed.
const HASH_NAME_PARTS: [&str; 16] = [
    "hash",
    "crypt",
    "digest",
    "salt",
    "md5",
    "sha1",
    "sha2",
    "sha3",
    "sha5",
    "argon",
    "pbkdf",
    "hmac",
    "cipher",
    "verschlussel",
    "chiffr",
    "cifrad",
];

/// Added to the rank of a name after a prefix.
const PREFIXED: usize = 100;

/// The rank of a name that is only similar to a known one.
const SIMILAR: usize = 1_000;

/// Guesses the target of a column by its name.
pub(super) fn guess(name: &str) -> Option<Guess> {
    let similar = || {
        Some(Guess {
            target: target(nearest_known(name)?)?,
            rank: SIMILAR,
        })
    };
    if mentions_hash(name) {
        return None;
    }
    certain_guess(name).or_else(similar)
}

/// Guesses the target by known names only, not by similar ones.
pub(super) fn certain_guess(name: &str) -> Option<Guess> {
    let normalized = normalized(name);
    if mentions_hash(name) {
        return None;
    }
    let prefixed = || {
        let rest = PREFIXES
            .iter()
            .find_map(|prefix| normalized.strip_prefix(prefix))?;
        let guess = known_name(rest)?;
        // In WordPress, `user_pass` is a column of hashes.
        (guess.target != Target::Password).then(|| Guess {
            rank: PREFIXED + guess.rank,
            ..guess
        })
    };
    known_name(&normalized).or_else(prefixed)
}

fn known_name(normalized: &str) -> Option<Guess> {
    NAMES.iter().find_map(|(word, names)| {
        let rank = names.split(' ').position(|name| name == normalized)?;
        Some(Guess {
            target: target(word)?,
            rank,
        })
    })
}

fn target(word: &str) -> Option<Target> {
    match name_meaning(word) {
        NameMeaning::Target(target) => Some(target),
        NameMeaning::CognitoOnly(_) | NameMeaning::Unknown => None,
    }
}

/// Returns whether the name says that the column holds hashes or salts.
pub(super) fn mentions_hash(name: &str) -> bool {
    let normalized = normalized(name);
    normalized == "userpass" || HASH_NAME_PARTS.iter().any(|part| normalized.contains(part))
}

/// Converts a name to lowercase letters and digits without accents and separators.
pub(super) fn normalized(name: &str) -> String {
    let mut normalized = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            'à' | 'á' | 'â' | 'ä' | 'ã' => normalized.push('a'),
            'è' | 'é' | 'ê' | 'ë' => normalized.push('e'),
            'ì' | 'í' | 'î' | 'ï' => normalized.push('i'),
            'ò' | 'ó' | 'ô' | 'ö' | 'õ' => normalized.push('o'),
            'ù' | 'ú' | 'û' | 'ü' => normalized.push('u'),
            'ç' => normalized.push('c'),
            'ñ' => normalized.push('n'),
            'ß' => normalized.push_str("ss"),
            c if c.is_alphanumeric() => normalized.push(c),
            _ => {}
        }
    }
    normalized
}

#[cfg(test)]
mod tests {
    use super::{NAMES, certain_guess, guess, mentions_hash, normalized, target};
    use crate::mapping::columns::Target;

    fn word(name: &str) -> Option<String> {
        guess(name).map(|guess| guess.target.word())
    }

    #[test]
    fn guesses_names_of_other_systems() {
        for (name, target) in [
            ("User Name", "username"),
            ("user_login", "username"),
            ("Pass word", "password"),
            ("Kennwort", "password"),
            ("E-mail Address", "email"),
            ("user.email", "email"),
            ("Primary E-Mail", "email"),
            ("First Name", "given_name"),
            ("userFirstName", "given_name"),
            ("PRÉNOM", "given_name"),
            ("Mobile Phone", "phone_number"),
            ("Téléphone", "phone_number"),
            ("Date of birth", "birthdate"),
            ("emial", "email"),
            ("Benutzername", "username"),
            ("Contraseña", "password"),
            ("emailVerified", "email_verified"),
        ] {
            assert_eq!(word(name).as_deref(), Some(target), "{name}");
        }
        for name in [
            "Department",
            "ID",
            "Customer ID",
            "Company Name",
            "",
            "42",
            "Created At",
        ] {
            assert_eq!(word(name), None, "{name}");
        }
    }

    #[test]
    fn never_guesses_columns_of_hashes() {
        for name in [
            "encrypted_password",
            "password_hash",
            "PasswordHash",
            "hashed password",
            "pwd_digest",
            "salt",
            "password-salt",
            "pass_md5",
            "passwordSHA256",
            "bcrypt",
            "user_pass",
            "emailHash",
            "Passwort (verschlüsselt)",
        ] {
            assert_eq!(word(name), None, "{name}");
            assert!(mentions_hash(name), "{name}");
        }
        for name in [
            "password_changed_at",
            "passwordResetToken",
            "last_password_change",
        ] {
            assert_eq!(word(name), None, "{name}");
        }
        assert!(!mentions_hash("password") && !mentions_hash("Description"));
    }

    #[test]
    fn ranks_similar_names_last() {
        assert_eq!(certain_guess("emial"), None);
        assert_eq!(
            guess("emial").unwrap().target,
            Target::Attribute("email".into())
        );
        assert!(guess("emial").unwrap().rank > guess("user email").unwrap().rank);
        assert!(guess("user email").unwrap().rank > guess("courriel").unwrap().rank);
    }

    #[test]
    fn names_are_normalized_and_unique_and_targets_exist() {
        let mut all: Vec<&str> = Vec::new();
        for (word, names) in NAMES {
            assert!(target(word).is_some(), "{word}");
            for name in names.split(' ') {
                assert_eq!(normalized(name), name);
                assert!(!all.contains(&name), "{name} is listed twice");
                all.push(name);
            }
        }
    }
}
