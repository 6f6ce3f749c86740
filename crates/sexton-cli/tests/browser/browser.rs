//! A browser without a window, driven by WebDriver.
//!
//! Whoever looks for an element waits for it, up to a time, in the browser itself, and whoever goes to
//! another page waits until the old one is gone. So no test sleeps.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// So long an element is waited for.
const WAIT_MS: u64 = 20_000;
/// Makes a missing browser a failure.
const REQUIRED: &str = "SEXTON_BROWSER";
/// What WebDriver calls an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one page.
pub struct Browser {
    driver: Child,
    /// Whoever says something to nobody is ended.
    _said: BufReader<ChildStdout>,
    port: u16,
    session: String,
}

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub struct View {
    pub theme: &'static str,
    pub width: u32,
}

pub const VIEWS: [View; 4] = [
    View { theme: "light", width: 1280 },
    View { theme: "dark", width: 1280 },
    View { theme: "light", width: 390 },
    View { theme: "dark", width: 390 },
];

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.asked("DELETE", "", &Value::Null));
        // It may have ended.
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}

impl Browser {
    /// A new one; none on a machine without, unless it is required.
    pub fn start() -> Option<Self> {
        let spawned = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut driver = match spawned {
            Ok(driver) => driver,
            Err(error) => {
                assert!(std::env::var_os(REQUIRED).is_none(), "there is no chromedriver: {error}");
                println!("there is no chromedriver: nothing is tried");
                return None;
            }
        };
        let mut said = BufReader::new(driver.stdout.take().expect("it is heard"));
        let port = said.by_ref().lines().find_map(|line| {
            let line = line.expect("it says its port");
            // Before it listens it repeats the port that it was asked for.
            line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok()
        });
        let port = port.expect("it says its port");
        let mut browser = Self { driver, _said: said, port, session: String::new() };
        let options = json!({ "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--hide-scrollbars", "--window-size=1280,900", "--disable-background-networking",
        ]});
        let always = json!({
            "browserName": "chrome",
            "timeouts": { "implicit": WAIT_MS, "pageLoad": 60_000, "script": 60_000 },
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let wanted = json!({ "capabilities": { "alwaysMatch": always } });
        let made = browser.wire("POST", "/session", &wanted);
        let made = made.unwrap_or_else(|why| panic!("no session: {why}"));
        made["sessionId"].as_str().expect("a session").clone_into(&mut browser.session);
        Some(browser)
    }

    /// Goes to an address.
    pub fn open(&self, address: &str) {
        self.must("POST", "/url", &json!({ "url": address }));
    }

    /// Where it is.
    pub fn address(&self) -> String {
        self.must("GET", "/url", &Value::Null).as_str().expect("an address").to_owned()
    }

    /// The first element of a selector, once there is one.
    #[track_caller]
    pub fn find(&self, selector: &str) -> String {
        match self.found("css selector", selector) {
            Ok(found) => found,
            Err(why) => panic!("`{selector}` is not on the page: {why}\n{}", self.text()),
        }
    }

    fn found(&self, way: &str, what: &str) -> Result<String, String> {
        let query = json!({ "using": way, "value": what });
        let found = self.asked("POST", "/element", &query)?;
        Ok(found[ELEMENT].as_str().expect("an element").to_owned())
    }

    /// How many elements there are now.
    pub fn count(&self, selector: &str) -> u64 {
        let script = "return document.querySelectorAll(arguments[0]).length";
        self.run(script, &json!([selector])).as_u64().expect("a number")
    }

    /// Clicks what leads to another page, and waits until this one is gone.
    #[track_caller]
    pub fn go(&self, selector: &str) {
        let element = self.find(selector);
        self.run("document.documentElement.setAttribute('data-old', '')", &json!([]));
        self.must("POST", &format!("/element/{element}/click"), &json!({}));
        self.find("html:not([data-old]) body");
    }

    /// Clicks what stays on the page.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        let element = self.find(selector);
        self.must("POST", &format!("/element/{element}/click"), &json!({}));
    }

    /// Writes into a field instead of what is there.
    #[track_caller]
    pub fn write(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        self.must("POST", &format!("/element/{element}/clear"), &json!({}));
        self.must("POST", &format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// What an element shows.
    #[track_caller]
    pub fn read(&self, selector: &str) -> String {
        let element = self.find(selector);
        let text = self.must("GET", &format!("/element/{element}/text"), &Value::Null);
        text.as_str().expect("text").to_owned()
    }

    /// Everything that the page shows.
    pub fn text(&self) -> String {
        let text = self.run("return document.body ? document.body.innerText : ''", &json!([]));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page says this, and fails if it does not.
    #[track_caller]
    pub fn says(&self, words: &str) {
        let says = format!("//body[contains(normalize-space(.), \"{words}\")]");
        let found = self.found("xpath", &says);
        assert!(found.is_ok(), "`{words}` is not on {}:\n{}", self.address(), self.text());
    }

    /// Fails if the page, as it is now, shows this.
    #[track_caller]
    pub fn does_not_say(&self, words: &str) {
        let text = self.text();
        assert!(!text.contains(words), "`{words}` is on {}:\n{text}", self.address());
    }

    /// Runs a script on the page.
    pub fn run(&self, script: &str, arguments: &Value) -> Value {
        self.must("POST", "/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// Runs a script that calls its last argument when it is done.
    pub fn run_until_called(&self, script: &str, arguments: &Value) -> Value {
        self.must("POST", "/execute/async", &json!({ "script": script, "args": arguments }))
    }

    /// Looks at pages so from now on.
    pub fn look(&self, view: View) {
        let features = json!([{ "name": "prefers-color-scheme", "value": view.theme }]);
        self.command("Emulation.setEmulatedMedia", &json!({ "features": features }));
        let size = json!({ "width": view.width, "height": 900, "deviceScaleFactor": 1,
                           "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Lets pages run no script from now on.
    pub fn without_scripts(&self) {
        self.command("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    }

    /// Keeps the whole page as a picture below the target folder.
    pub fn picture(&self, name: &str) {
        let asked = json!({ "format": "png", "captureBeyondViewport": true });
        let taken = self.command("Page.captureScreenshot", &asked);
        let data = taken["data"].as_str().expect("a picture").as_bytes();
        let bytes = data_encoding::BASE64.decode(data).expect("base64");
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("console");
        std::fs::create_dir_all(&folder).expect("the target folder can be written");
        std::fs::write(folder.join(format!("{name}.png")), bytes).expect("it can be written");
    }

    /// What the page complained of since this was asked last.
    pub fn complaints(&self) -> Vec<String> {
        let told = self.must("POST", "/se/log", &json!({ "type": "browser" }));
        let told = told.as_array().expect("a list").iter();
        told.filter(|one| one["level"] == "SEVERE").map(|one| one["message"].to_string()).collect()
    }

    fn command(&self, name: &str, parameters: &Value) -> Value {
        self.must("POST", "/goog/cdp/execute", &json!({ "cmd": name, "params": parameters }))
    }

    #[track_caller]
    fn must(&self, method: &str, path: &str, body: &Value) -> Value {
        self.asked(method, path, body).unwrap_or_else(|why| panic!("{method} {path}: {why}"))
    }

    fn asked(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        self.wire(method, &format!("/session/{}{path}", self.session), body)
    }

    /// One command, and what came of it.
    fn wire(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let told = |error: std::io::Error| error.to_string();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(told)?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.port,
            body.len(),
        );
        stream.write_all(request.as_bytes()).map_err(told)?;
        let mut answer = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            answer.read_line(&mut line).map_err(told)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().map_err(|_| line.clone())?;
            }
        }
        let mut bytes = vec![0; length];
        answer.read_exact(&mut bytes).map_err(told)?;
        let mut document: Value = serde_json::from_slice(&bytes).map_err(|why| why.to_string())?;
        let value = document["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["message"].as_str().unwrap_or(""))),
            None => Ok(value),
        }
    }
}
