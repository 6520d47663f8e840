//! What a column probably holds, by the names that other systems give it. Guesses are only suggested, and never acted upon.

use super::columns::{ByName, Target, near_known, of_name};

/// A guess.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Guess {
    pub(super) target: Target,
    /// Lower is likelier, among the columns of a list.
    pub(super) rank: usize,
}

/// Names of each target, the likeliest first, as [`plain`] has them: without case, accents and separators. English, German, French and Spanish.
const NAMES: [(&str, &str); 20] = [
    (
        "username",
        "username login userlogin loginname logonname samaccountname userprincipalname accountname benutzername \
         benutzerkennung anmeldename nomdutilisateur nomutilisateur identifiant nombredeusuario nombreusuario \
         usuario loginid userid uid user benutzer account",
    ),
    (
        "password",
        "password plainpassword plaintextpassword cleartextpassword initialpassword temporarypassword temppassword \
         userpassword passwd passphrase passcode pwd pass passwort kennwort motdepasse contrasena",
    ),
    (
        "email",
        "email emailaddress emailaddr mail mailaddress emailid email1 email1value emailadresse mailadresse \
         adresseemail adressemail adresseelectronique courriel correoelectronico correo",
    ),
    (
        "phone_number",
        "phonenumber mobilephone mobile mobilenumber mobilephonenumber mobileno cellphone cellphonenumber cell \
         handynummer handy mobilnummer mobiltelefon mobil movil portable phone phoneno telephone telephonenumber \
         tel telefonnummer telefon rufnummer numerodetelephone numerodetelefono telefono",
    ),
    (
        "given_name",
        "givenname firstname forename fname first vorname prenom nombre",
    ),
    (
        "family_name",
        "familyname lastname surname lname last nachname familienname zuname nomdefamille nom apellidos apellido",
    ),
    (
        "name",
        "name fullname displayname completename vollername anzeigename nomcomplet nombrecompleto",
    ),
    ("middle_name", "middlename secondname zweitername"),
    ("nickname", "nickname nick spitzname"),
    (
        "birthdate",
        "birthdate dateofbirth dob birthday geburtsdatum geburtstag datedenaissance fechadenacimiento \
         fechanacimiento",
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

/// What may precede a name without changing what it means: `user_email`, `Primary Phone`.
const OWNERS: [&str; 12] = [
    "user", "customer", "member", "contact", "person", "client", "employee", "student", "primary",
    "main", "your", "my",
];

/// Names with these in them hold what was made of a password, or a part of it: they are never guessed to hold anything.
const HASHES: [&str; 16] = [
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

/// The ranks of guesses that are less certain than all in [`NAMES`].
const WITH_OWNER: usize = 100;
const NEAR: usize = 1_000;

/// What a column of this name probably holds.
pub(super) fn guess(name: &str) -> Option<Guess> {
    let near = || {
        Some(Guess {
            target: target(near_known(name)?)?,
            rank: NEAR,
        })
    };
    if mentions_hash(name) {
        return None;
    }
    certain_guess(name).or_else(near)
}

/// The same, where it is by a name that is known, and not by one that is only similar.
pub(super) fn certain_guess(name: &str) -> Option<Guess> {
    let plain = plain(name);
    if mentions_hash(name) {
        return None;
    }
    let owned = || {
        let rest = OWNERS.iter().find_map(|owner| plain.strip_prefix(owner))?;
        let guess = listed(rest)?;
        // `user_pass` is WordPress's name for a column of hashes.
        (guess.target != Target::Password).then(|| Guess {
            rank: WITH_OWNER + guess.rank,
            ..guess
        })
    };
    listed(&plain).or_else(owned)
}

fn listed(plain: &str) -> Option<Guess> {
    NAMES.iter().find_map(|(word, names)| {
        let rank = names.split(' ').position(|name| name == plain)?;
        Some(Guess {
            target: target(word)?,
            rank,
        })
    })
}

fn target(word: &str) -> Option<Target> {
    match of_name(word) {
        ByName::Means(target) => Some(target),
        ByName::Owned(_) | ByName::Nothing => None,
    }
}

/// Whether the name says that the column holds hashes, or something else that a password was made into.
pub(super) fn mentions_hash(name: &str) -> bool {
    let plain = plain(name);
    plain == "userpass" || HASHES.iter().any(|word| plain.contains(word))
}

/// A name without case, accents, and all that is neither a letter nor a digit.
pub(super) fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            'à' | 'á' | 'â' | 'ä' | 'ã' => plain.push('a'),
            'è' | 'é' | 'ê' | 'ë' => plain.push('e'),
            'ì' | 'í' | 'î' | 'ï' => plain.push('i'),
            'ò' | 'ó' | 'ô' | 'ö' | 'õ' => plain.push('o'),
            'ù' | 'ú' | 'û' | 'ü' => plain.push('u'),
            'ç' => plain.push('c'),
            'ñ' => plain.push('n'),
            'ß' => plain.push_str("ss"),
            c if c.is_alphanumeric() => plain.push(c),
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{NAMES, certain_guess, guess, mentions_hash, plain, target};
    use crate::mapping::columns::Target;

    fn word(name: &str) -> Option<String> {
        guess(name).map(|guess| guess.target.word())
    }

    #[test]
    fn names_of_other_systems_are_guessed() {
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
    fn a_column_of_hashes_is_never_guessed_to_be_anything() {
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
    fn a_similar_name_is_less_certain() {
        assert_eq!(certain_guess("emial"), None);
        assert_eq!(
            guess("emial").unwrap().target,
            Target::Attribute("email".into())
        );
        assert!(guess("emial").unwrap().rank > guess("user email").unwrap().rank);
        assert!(guess("user email").unwrap().rank > guess("courriel").unwrap().rank);
    }

    #[test]
    fn every_name_is_plain_has_one_target_and_every_target_exists() {
        let mut all: Vec<&str> = Vec::new();
        for (word, names) in NAMES {
            assert!(target(word).is_some(), "{word}");
            for name in names.split(' ') {
                assert_eq!(plain(name), name);
                assert!(!all.contains(&name), "{name} is there twice");
                all.push(name);
            }
        }
    }
}
