use super::*;

fn variables(said: &'static [(&str, &str)]) -> Layer {
    Layer::of_variables(|name| {
        said.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

fn file(text: &str) -> Layer {
    Layer::of_file("sexton-server.toml", text)
}

fn mistakes(layers: &[Layer]) -> Vec<String> {
    let mistakes = Config::of(layers).expect_err("there are mistakes");
    mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_said_is_the_default() {
    assert_eq!(Config::of(&[]), Ok(Config::default()));
    assert_eq!(Config::of(&[file(""), variables(&[])]), Ok(Config::default()));
    assert_eq!(Config::of(&[file("[serve]\nlisten = 7\n")]), Ok(Config::default()), "not ours");
}

#[test]
fn a_whole_file_is_read() {
    let config = Config::of(&[file(
        r#"
        [who]
        state = "postgres://db/state"
        requests_per_minute = 60
        failures_per_minute = 3
        trusted_proxies = ["10.0.0.0/8", "::1"]
        origins = ["https://console.example.org"]

        [jwt]
        algorithm = "RS256"
        jwks = "/etc/sexton/jwks.json"
        issuer = "https://id.example"
        audience = ["sexton", "other"]
        skew = "5m"
        actor = "email"
        tenant = false
        roles = "scope"
        organisations = "team"
        "#,
    )]);
    let expected = Config {
        state: Some("postgres://db/state".to_owned()),
        requests_per_minute: 60,
        failures_per_minute: 3,
        trusted_proxies: vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        origins: vec!["https://console.example.org:443".parse().unwrap()],
        tokens: Some(TokenConfig {
            keys: KeysFrom::Jwks("/etc/sexton/jwks.json".into()),
            expected: Expected {
                issuer: Some("https://id.example".to_owned()),
                audience: vec!["sexton".to_owned(), "other".to_owned()],
                skew_secs: 300,
            },
            names: ClaimNames {
                actor: "email".to_owned(),
                tenant: None,
                roles: "scope".to_owned(),
                organisations: "team".to_owned(),
            },
        }),
    };
    assert_eq!(config, Ok(expected));
}

#[test]
fn flags_go_over_variables_and_variables_over_the_file() {
    let file = file("[who]\nstate = \"file\"\nrequests_per_minute = 1\nfailures_per_minute = 1\n");
    let variables = variables(&[
        ("SEXTON_STATE", "variable"),
        ("SEXTON_REQUESTS_PER_MINUTE", "2"),
        ("SEXTON_TRUSTED_PROXIES", "10.0.0.1, 10.0.0.2"),
    ]);
    let flags = Layer::default()
        .with_flag("who.state", "--state", vec!["flag".to_owned()])
        .with_flag("who.failures_per_minute", "--failures", Vec::new());
    let config = Config::of(&[flags, variables, file]).unwrap();
    assert_eq!(config.state.as_deref(), Some("flag"));
    assert_eq!(config.requests_per_minute, 2);
    assert_eq!(config.failures_per_minute, 1, "a flag that was not given says nothing");
    assert_eq!(config.trusted_proxies.len(), 2);
}

#[test]
fn what_a_file_says_can_be_taken_back() {
    let file = file("[jwt]\nalgorithm = \"HS256\"\n[who]\norigins = [\"https://a.example\"]\n");
    let none = variables(&[("SEXTON_JWT_ALGORITHM", ""), ("SEXTON_ORIGINS", "")]);
    assert_eq!(Config::of(&[none, file]), Ok(Config::default()));
}

#[test]
fn a_secret_is_named_and_not_written() {
    let keys = |text: &str| {
        let file = file(&format!("[jwt]\nalgorithm = \"HS256\"\n{text}"));
        Config::of(&[file]).map(|config| config.tokens.unwrap().keys)
    };
    let variable = |name: &str| Ok(KeysFrom::Variable(name.to_owned()));
    assert_eq!(keys(""), variable("SEXTON_JWT_SECRET"));
    assert_eq!(keys("secret = \"env:OTHER\""), variable("OTHER"));
    assert_eq!(keys("secret = \"file:/run/s\""), Ok(KeysFrom::SecretFile("/run/s".into())));
    for text in ["hunter2hunter2hunter2hunter2hunter2", "env:", "file:", "vault:x", ""] {
        let mistakes = keys(&format!("secret = \"{text}\"")).unwrap_err();
        let told = mistakes[0].to_string();
        assert!(told.starts_with("sexton-server.toml:3: `jwt.secret` says where"), "{told}");
        assert!(text.len() < 6 || !told.contains(text), "what may be the secret is not repeated");
    }
}

#[test]
fn all_mistakes_are_told_in_one_run_each_at_its_place() {
    let file = file(
        "[who]\nrequests_per_minute = 0\ntrusted_proxys = []\norigins = [\"console\", 7]\n\
         trusted_proxies = [\"10.0.0.0/40\", \"proxy\"]\n[jwt]\nalgorithm = \"none\"\n\
         skew = \"2 days\"\nissuer = [\"a\", \"b\"]\n",
    );
    let variables = variables(&[("SEXTON_FAILURES_PER_MINUTE", "often")]);
    insta::assert_snapshot!(mistakes(&[variables, file]).join("\n"));
}

#[test]
fn tokens_need_an_algorithm_and_its_own_keys() {
    for (text, told) in [
        ("[jwt]\nissuer = \"x\"", "2: `jwt.issuer` means nothing without `jwt.algorithm`"),
        ("[jwt]\nalgorithm = \"RS256\"", "2: RS256 needs `jwt.jwks`, a file with public keys"),
        (
            "[jwt]\nalgorithm = \"RS256\"\njwks = \"a\"\nsecret = \"env:X\"",
            "4: `jwt.secret` is for HS256, and `jwt.algorithm` is RS256",
        ),
        (
            "[jwt]\nalgorithm = \"HS256\"\njwks = \"a\"",
            "3: `jwt.jwks` is for RS256, and `jwt.algorithm` is HS256",
        ),
        ("[jwt]\nalgorithm = [\"HS256\", \"RS256\"]", "2: `jwt.algorithm` is HS256 or RS256"),
        ("jwt = 7", "1: `jwt` is a section: [jwt]"),
    ] {
        assert_eq!(mistakes(&[file(text)]), [format!("sexton-server.toml:{told}")], "{text}");
    }
    let broken = mistakes(&[file("[who]\nstate = \n")]);
    assert!(broken[0].starts_with("sexton-server.toml:2: "), "{broken:?}");
}

#[test]
fn every_key_has_a_variable_of_its_own_and_is_documented() {
    let document = include_str!("../../../../../docs/access.md");
    let mut variables = std::collections::BTreeSet::new();
    for key in &KEYS {
        assert!(variables.insert(key.variable), "{}", key.variable);
        let (_, name) = key.name.split_once('.').unwrap();
        let row = document.lines().find(|line| line.contains(&format!("`{}`", key.variable)));
        let row = row.unwrap_or_else(|| panic!("docs/access.md has no row for {}", key.variable));
        assert!(row.contains(&format!("`{name}`")) && row.contains(key.means), "{row}");
    }
}
