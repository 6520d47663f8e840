//! The expected users of each sample: username, kept cells, and attributes in Cognito.

use serde_json::{Value, json};

pub(super) fn aws_template() -> Value {
    json!([
        ["jane.doe", ["TRUE", "TRUE"], {
            "name": "Jane Doe", "given_name": "Jane", "family_name": "Doe", "email": "jane.doe@example.com", "gender": "female",
            "birthdate": "1985-02-01", "zoneinfo": "America/New_York", "locale": "en-US", "phone_number": "+12025550101",
            "address": "123 Any Street, Washington DC", "custom:legacy_id": "A-1", "custom:department": "Sales",
        }],
        ["jstiles", ["TRUE", "FALSE"], {
            "name": "John Stiles", "given_name": "John", "family_name": "Stiles", "middle_name": "Q.", "nickname": "Jack",
            "preferred_username": "jack", "website": "https://example.org/jack", "email": "john.stiles@example.com",
            "gender": "male", "birthdate": "1979-11-30", "zoneinfo": "America/Chicago", "locale": "en-US",
            "phone_number": "+12025550102", "address": "7 High St, Flat 2, Springfield", "updated_at": "1700000000",
            "custom:legacy_id": "A-2", "custom:department": "Research",
        }],
        ["mary_major", ["FALSE", "FALSE"], {
            "name": "Mary \"Molly\" Major", "given_name": "Mary", "family_name": "Major", "nickname": "Molly",
            "email": "mary.major@example.com", "locale": "en-GB", "phone_number": "+442079460101", "custom:legacy_id": "A-3",
        }],
        ["zoe", ["TRUE", "FALSE"], {
            "name": "Zoë Ångström", "given_name": "Zoë", "family_name": "Ångström", "email": "zoe.angstrom@example.org",
            "birthdate": "1991-06-09", "zoneinfo": "Europe/Stockholm", "locale": "sv-SE",
            "address": "Storgatan 1, 114 55 Stockholm", "custom:legacy_id": "A-4", "custom:department": "Support",
        }],
        ["richard.roe", ["TRUE", "FALSE"], {
            "name": "Richard Roe", "given_name": "Richard", "family_name": "Roe", "email": "richard.roe@example.com",
            "gender": "male", "birthdate": "1960-12-31", "custom:legacy_id": "A-5",
        }],
        ["ana-carolina", ["FALSE", "FALSE"], {
            "name": "Ana Carolina Silva", "given_name": "Ana Carolina", "family_name": "Silva",
            "email": "ana.silva@example.org", "gender": "female", "birthdate": "2001-01-15", "zoneinfo": "America/Sao_Paulo",
            "locale": "pt-BR", "custom:legacy_id": "A-6", "custom:department": "Sales",
        }],
    ])
}

pub(super) fn excel() -> Value {
    json!([
        ["j.mueller@example.com", ["0017", "aktiv"], {
            "email": "j.mueller@example.com", "gender": "female", "given_name": "Jürgen-Marie", "family_name": "Müller",
            "name": "Jürgen-Marie Müller", "phone_number": "+493023125101", "birthdate": "1990-02-01",
            "custom:legacy_id": "0017", "custom:department": "Sales",
        }],
        ["bjoern.grosskopf@example.com", ["0018", "aktiv"], {
            "email": "bjoern.grosskopf@example.com", "gender": "male", "given_name": "Björn", "family_name": "Großkopf",
            "name": "Björn Großkopf", "phone_number": "+493023125102", "birthdate": "1989-11-09",
            "custom:legacy_id": "0018", "custom:department": "Engineering",
        }],
        ["zoe.simek@example.org", ["0019", "aktiv"], {
            "email": "zoe.simek@example.org", "gender": "female", "given_name": "Zoë", "family_name": "Šimek",
            "name": "Zoë Šimek", "phone_number": "+493023125103", "birthdate": "1975-12-31", "custom:legacy_id": "0019",
            "custom:department": "Engineering",
        }],
        ["joerg.weiss@example.com", ["0020", "gesperrt"], {
            "email": "joerg.weiss@example.com", "gender": "male", "given_name": "Jörg", "family_name": "Weiß",
            "name": "Jörg Weiß", "phone_number": "+493023125104", "custom:legacy_id": "0020", "custom:department": "Sales",
        }],
        ["oemer@example.org", ["0021", "aktiv"], {
            "email": "oemer@example.org", "given_name": "Ömer", "family_name": "Yildirim", "name": "Ömer Yildirim",
            "phone_number": "+493023125105", "birthdate": "2000-02-29", "custom:legacy_id": "0021",
        }],
        ["aenne.akerlund@example.org", ["0022", "aktiv"], {
            "email": "aenne.akerlund@example.org", "gender": "female", "given_name": "Änne", "family_name": "Åkerlund",
            "name": "Änne Åkerlund", "phone_number": "+442079460111", "birthdate": "1960-12-24", "custom:legacy_id": "0022",
        }],
        ["uwe.ott@example.com", ["0023", "aktiv"], {
            "email": "uwe.ott@example.com", "gender": "male", "given_name": "Uwe", "family_name": "Ott", "name": "Uwe Ott",
            "birthdate": "1977-07-07", "custom:legacy_id": "0023", "custom:department": "Sales",
        }],
    ])
}

pub(super) fn wordpress() -> Value {
    json!([
        ["admin", ["1", "administrator"], {
            "email": "admin@example.com", "website": "https://example.com", "name": "admin", "custom:legacy_id": "1",
        }],
        ["ada.byron", ["12", "customer"], {
            "email": "ada.byron@example.com", "name": "Ada Byron", "given_name": "Ada", "family_name": "Byron",
            "phone_number": "+442079460121", "custom:legacy_id": "12",
        }],
        ["grace_h", ["13", "customer,subscriber"], {
            "email": "grace@example.org", "name": "Grace \"Amazing\" H.", "given_name": "Grace", "family_name": "H.",
            "phone_number": "+12025550122", "custom:legacy_id": "13",
        }],
        ["édith", ["27", "subscriber"], {
            "email": "edith@example.org", "website": "https://example.org/edith", "name": "Édith P.",
            "given_name": "Édith", "family_name": "P.", "custom:legacy_id": "27",
        }],
        ["o.neil", ["31", "customer"], {
            "email": "o'neil@example.com", "name": "Shaun O'Neil", "given_name": "Shaun", "family_name": "O'Neil",
            "phone_number": "+442079460123", "custom:legacy_id": "31",
        }],
        ["zed", ["40", "subscriber"], {
            "email": "zed+shop@example.com", "name": "zed", "given_name": "Zed", "phone_number": "+442079460124",
            "custom:legacy_id": "40",
        }],
    ])
}

pub(super) fn auth0() -> Value {
    let by_password = "Username-Password-Authentication";
    json!([
        ["ines.duarte@example.com", ["auth0|5f7c8ec7c33c6c004bbafe01", "true", by_password], {
            "email": "ines.duarte@example.com", "given_name": "Ines", "family_name": "Duarte", "nickname": "ines",
            "name": "Ines Duarte", "picture": "https://example.com/avatars/id.png", "updated_at": "1707642062",
            "custom:legacy_id": "auth0|5f7c8ec7c33c6c004bbafe01",
        }],
        ["k.brandt@example.org", ["auth0|5f7c8ec7c33c6c004bbafe02", "false", by_password], {
            "email": "k.brandt@example.org", "nickname": "k.brandt", "name": "k.brandt@example.org",
            "picture": "https://example.com/avatars/kb.png", "updated_at": "1704067199",
            "custom:legacy_id": "auth0|5f7c8ec7c33c6c004bbafe02",
        }],
        ["sean.ocasey@example.com", ["auth0|61a2b3c4d5e6f70011223303", "true", by_password], {
            "email": "sean.ocasey@example.com", "given_name": "Sean", "family_name": "O'Casey", "nickname": "sean",
            "name": "Sean \"Shay\" O'Casey", "picture": "https://example.com/avatars/so.png", "updated_at": "1710065410",
            "custom:legacy_id": "auth0|61a2b3c4d5e6f70011223303",
        }],
        ["lucja.zak@example.org", ["auth0|61a2b3c4d5e6f70011223304", "true", by_password], {
            "email": "lucja.zak@example.org", "given_name": "Łucja", "family_name": "Żak", "nickname": "lucja",
            "name": "Łucja Żak", "picture": "https://example.com/avatars/lz.png", "updated_at": "1640995200",
            "custom:legacy_id": "auth0|61a2b3c4d5e6f70011223304",
        }],
        ["amara.okafor@example.com", ["google-oauth2|100000000000000000005", "true", "google-oauth2"], {
            "email": "amara.okafor@example.com", "given_name": "Amara", "family_name": "Okafor", "nickname": "amara",
            "name": "Amara Okafor", "picture": "https://example.com/avatars/ao.png", "updated_at": "1712203444",
            "custom:legacy_id": "google-oauth2|100000000000000000005",
        }],
        ["noor@example.com", ["auth0|64ff00aa11bb22cc33dd4406", "true", by_password], {
            "email": "noor@example.com", "given_name": "Noor", "family_name": "de Vries", "nickname": "noor",
            "name": "Noor de Vries", "picture": "https://example.com/avatars/nv.png", "updated_at": "1694521800",
            "custom:legacy_id": "auth0|64ff00aa11bb22cc33dd4406",
        }],
    ])
}

pub(super) fn keycloak() -> Value {
    let ids = [
        "2302cf2f-9b29-4d62-9c48-67ac5e3b0d01",
        "5f1d0c1e-6a0a-4b6f-8a4e-0d6f4e9c2b02",
        "7a9e3b52-1c77-4c0d-9f58-2b1f7de4aa03",
        "9c0b6a44-0f3e-4f59-b1a7-8d2c5b7e1104",
        "b1d2f3a4-5e6f-4a7b-8c9d-0e1f2a3b4c05",
        "d4c3b2a1-0f9e-4d8c-9b7a-6f5e4d3c2b06",
    ];
    json!([
        ["exampleuser", [ids[0], "true", "true"], {
            "email": "jane.roe@example.com", "given_name": "Jane", "family_name": "Roe", "name": "Jane Roe",
            "phone_number": "+12025550131", "locale": "en", "custom:legacy_id": ids[0],
        }],
        ["li.wei", [ids[1], "true", "true"], {
            "email": "li.wei@example.org", "given_name": "薇", "family_name": "李", "name": "薇 李", "locale": "zh-CN",
            "custom:legacy_id": ids[1],
        }],
        ["m.odonnell", [ids[2], "false", "true"], {
            "email": "m.odonnell@example.com", "given_name": "Máire", "family_name": "O'Donnell", "name": "Máire O'Donnell",
            "phone_number": "+442079460131", "locale": "en", "custom:legacy_id": ids[2],
        }],
        ["former.user", [ids[3], "true", "false"], {
            "email": "former@example.org", "given_name": "Former", "family_name": "User", "name": "Former User",
            "custom:legacy_id": ids[3],
        }],
        ["nolastname", [ids[4], "true", "true"], {
            "email": "nolastname@example.com", "given_name": "Cher", "name": "Cher", "phone_number": "+493023125131",
            "locale": "de", "custom:legacy_id": ids[4],
        }],
        ["svc+reports@example.org", [ids[5], "true", "true"], {
            "email": "svc+reports@example.org", "given_name": "Reports", "family_name": "Account", "name": "Reports Account",
            "locale": "en", "custom:legacy_id": ids[5],
        }],
    ])
}

pub(super) fn okta() -> Value {
    json!([
        ["isaac.brock@example.com", ["00u1sample0001abcd5d7", "ACTIVE"], {
            "email": "isaac.brock@example.com", "given_name": "Isaac", "family_name": "Brock", "name": "Isaac Brock",
            "phone_number": "+12025550141", "address": "301 Brannan St, Suite 4 San Francisco CA 94107", "locale": "en-US",
            "zoneinfo": "America/Los_Angeles", "custom:department": "Engineering",
            "custom:legacy_id": "00u1sample0001abcd5d7",
        }],
        ["jeremiah.green@example.com", ["00u1sample0002abcd5d7", "ACTIVE"], {
            "email": "jeremiah.green@example.com", "given_name": "Jeremiah", "family_name": "Green", "nickname": "Jerry",
            "phone_number": "+12025550142", "locale": "en-US", "custom:department": "Sales",
            "custom:legacy_id": "00u1sample0002abcd5d7",
        }],
        ["siobhan@example.org", ["00u1sample0003abcd5d7", "PASSWORD_EXPIRED"], {
            "email": "siobhan@example.org", "given_name": "Siobhán", "family_name": "Ní Bhriain", "name": "Siobhán Ní Bhriain",
            "phone_number": "+442079460141", "address": "1 Main Street Belfast BT1 1AA", "locale": "en-GB",
            "zoneinfo": "Europe/London", "custom:department": "Sales", "custom:legacy_id": "00u1sample0003abcd5d7",
        }],
        ["eric.judy@example.com", ["00u1sample0004abcd5d7", "STAGED"], {
            "email": "eric.judy+okta@example.com", "given_name": "Eric", "family_name": "Judy", "name": "Eric Judy",
            "custom:legacy_id": "00u1sample0004abcd5d7",
        }],
        ["ulla@example.org", ["00u1sample0005abcd5d7", "ACTIVE"], {
            "email": "ulla@example.org", "given_name": "Ulla", "family_name": "Köhler", "name": "Ulla Köhler",
            "phone_number": "+493023125141", "address": "Berlin 10115", "locale": "de-DE", "zoneinfo": "Europe/Berlin",
            "custom:department": "Engineering", "custom:legacy_id": "00u1sample0005abcd5d7",
        }],
        ["tom@example.com", ["00u1sample0006abcd5d7", "SUSPENDED"], {
            "email": "tom@example.com", "given_name": "Tom", "family_name": "Peloso", "name": "Tom Peloso",
            "phone_number": "+12025550143", "locale": "en-US", "zoneinfo": "America/New_York",
            "custom:legacy_id": "00u1sample0006abcd5d7",
        }],
    ])
}
