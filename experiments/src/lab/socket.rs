//! The application of cases without a client library: one pipelined connection, Poisson arrivals, a timeout of calls,
//! reconnecting after a wait that grows by a step; calls in flight are sent again. It is what `ioredis-5` is with
//! `ready_check = false` and `flush_after = "none"`, and it needs nothing but this program.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::Duration;

use halfopen_sim::chance::Stream;
use rustix::net::sockopt;
use serde::Deserialize;

use super::bench::now;
use super::log::Line;
use crate::failure::Failure;

/// How long it sleeps between two looks at the clock and the connection.
const TICK: Duration = Duration::from_millis(1);
/// The load begins so long after the process, connected or not.
const LOAD_FROM: f64 = 1.0;
/// Keys of the server.
const KEYS: u64 = 1_000;

/// What it can be told.
#[derive(Clone, Deserialize)]
struct Options {
    command_timeout_ms: Option<f64>,
    connect_timeout_ms: Option<f64>,
    user_timeout_ms: Option<u32>,
    keepalive: Option<Keepalive>,
    reconnect_ms: Growth,
}

#[derive(Clone, Copy, Deserialize)]
struct Keepalive {
    idle_ms: u64,
    interval_ms: u64,
    probes: u32,
}

#[derive(Clone, Copy, Deserialize)]
struct Growth {
    step: f64,
    cap: f64,
}

/// A call that has no reply yet.
struct Call {
    began: f64,
    /// What a request holds until its call has ended.
    payload: Option<Vec<u8>>,
}

/// Where the connection is.
enum Connection {
    /// Waits for the next dial.
    Closed { until: f64 },
    /// Dials, since then.
    Dialling { since: f64, result: Receiver<io::Result<TcpStream>> },
    /// Serves.
    Open(TcpStream),
}

struct Client {
    host: String,
    options: Options,
    payload: usize,
    chance: Stream,
    connection: Connection,
    /// Attempts since the last connection.
    attempts: f64,
    /// In the order of their replies; those without payload at the front have timed out.
    calls: VecDeque<Call>,
    timed_out: usize,
    outgoing: Vec<u8>,
    incoming: Vec<u8>,
    line: Line,
    told_failure: bool,
}

/// Runs until it is killed.
pub fn client() -> Result<ExitCode, Failure> {
    let told = |name: &str| {
        std::env::var(name).map_err(|_| {
            Failure::wrong(format!("{name} is not set"), "this is the application of `halfopen lab run`")
        })
    };
    let number = |name: &str| {
        told(name)?.parse::<f64>().map_err(|error| Failure::wrong(format!("{name}: {error}"), "a number"))
    };
    let options = serde_json::from_str(&told("HALFOPEN_OPTIONS")?)
        .map_err(|error| Failure::wrong(format!("HALFOPEN_OPTIONS: {error}"), ""))?;
    let mut client = Client {
        host: format!("{}:{}", told("HALFOPEN_HOST")?, told("HALFOPEN_PORT")?),
        options,
        payload: number("HALFOPEN_PAYLOAD")? as usize,
        chance: halfopen_sim::chance::Streams::new(number("HALFOPEN_SEED")? as u64).stream("arrivals", "lab"),
        connection: Connection::Closed { until: 0.0 },
        attempts: 0.0,
        calls: VecDeque::new(),
        timed_out: 0,
        outgoing: Vec::new(),
        incoming: Vec::new(),
        line: Line { event: "sample".into(), ..Line::default() },
        told_failure: false,
    };
    client.run(number("HALFOPEN_RATE")?, number("HALFOPEN_SAMPLE_MS")? / 1e3);
    Ok(ExitCode::SUCCESS)
}

impl Client {
    /// Ends when nobody reads what it tells.
    fn run(&mut self, rate: f64, every: f64) {
        let begin = now() + LOAD_FROM;
        let (mut due, mut sample, mut started) = (begin, begin + every, false);
        loop {
            let at = now();
            if !started && at >= begin {
                let version = env!("CARGO_PKG_VERSION").to_owned();
                let start =
                    Line { event: "start".into(), version, runtime: "halfopen".into(), ..Line::default() };
                started = true;
                if !tell(start) {
                    return;
                }
            }
            while due <= at {
                self.issue(at, due);
                due += self.chance.exponential() / rate;
            }
            self.give_up(at);
            self.go_on(at);
            if at >= sample {
                sample += every;
                if !self.sample() {
                    return;
                }
            }
            thread::sleep(TICK);
        }
    }

    fn issue(&mut self, at: f64, due: f64) {
        self.line.issued += 1.0;
        self.line.lag_ms = self.line.lag_ms.max(1e3 * (at - due));
        self.calls.push_back(Call { began: at, payload: Some(vec![b'x'; self.payload]) });
        self.line.peak = self.line.peak.max((self.calls.len() - self.timed_out) as f64);
        if matches!(self.connection, Connection::Open(_)) {
            self.send_one();
        }
    }

    fn send_one(&mut self) {
        let key = format!("key:{}", self.chance.below(KEYS));
        let command = format!("*2\r\n$3\r\nGET\r\n${}\r\n{key}\r\n", key.len());
        self.outgoing.extend_from_slice(command.as_bytes());
    }

    /// Calls that have waited as long as they may fail; their replies are still awaited.
    fn give_up(&mut self, at: f64) {
        let Some(timeout) = self.options.command_timeout_ms else { return };
        while self.calls.get(self.timed_out).is_some_and(|call| call.began + timeout / 1e3 <= at) {
            self.calls[self.timed_out].payload = None;
            self.timed_out += 1;
            self.line.failed += 1.0;
            if !self.told_failure {
                self.told_failure = true;
                tell(Line { event: "failed".into(), error: "timed out".into(), ..Line::default() });
            }
        }
    }

    /// One step of the connection.
    fn go_on(&mut self, at: f64) {
        let gave_up = self.options.connect_timeout_ms.unwrap_or(f64::INFINITY) / 1e3;
        match &self.connection {
            Connection::Closed { until } if *until <= at => {
                let (host, options, (to, result)) = (self.host.clone(), self.options.clone(), channel());
                // A dial that nobody waits for any more ends by itself, when the kernel ends it.
                thread::spawn(move || to.send(dial(&host, &options)));
                self.connection = Connection::Dialling { since: at, result };
            }
            Connection::Closed { .. } => {}
            Connection::Dialling { since, result } => match result.try_recv() {
                Ok(Ok(stream)) => self.opened(stream),
                Ok(Err(error)) => self.closed(at, &error),
                Err(TryRecvError::Empty) if at - since < gave_up => {}
                Err(_) => self.closed(at, &io::Error::from(ErrorKind::TimedOut)),
            },
            Connection::Open(_) => {
                if let Err(error) = self.exchange(at) {
                    self.closed(at, &error);
                }
            }
        }
    }

    fn opened(&mut self, stream: TcpStream) {
        self.attempts = 0.0;
        self.connection = Connection::Open(stream);
        self.incoming.clear();
        for _ in 0..self.calls.len() {
            self.send_one();
        }
        tell(Line { event: "ready".into(), ..Line::default() });
    }

    fn closed(&mut self, at: f64, error: &io::Error) {
        self.attempts += 1.0;
        self.outgoing.clear();
        let Growth { step, cap } = self.options.reconnect_ms;
        self.connection = Connection::Closed { until: at + (step * self.attempts).min(cap) / 1e3 };
        tell(Line { event: "closed".into(), error: error.to_string(), ..Line::default() });
    }

    /// Writes and reads what the socket takes and has.
    fn exchange(&mut self, at: f64) -> io::Result<()> {
        let Connection::Open(stream) = &mut self.connection else { return Ok(()) };
        let later = |error: io::Error| if error.kind() == ErrorKind::WouldBlock { Ok(0) } else { Err(error) };
        if !self.outgoing.is_empty() {
            let sent = stream.write(&self.outgoing).or_else(later)?;
            self.outgoing.drain(..sent);
        }
        let mut part = [0; 16 << 10];
        match stream.read(&mut part) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            read => {
                let read = read.or_else(later)?;
                self.incoming.extend_from_slice(&part[..read]);
            }
        }
        while let Some(length) = reply(&self.incoming) {
            self.incoming.drain(..length);
            self.answered(at);
        }
        Ok(())
    }

    fn answered(&mut self, at: f64) {
        if let Some(Call { payload: None, .. }) = self.calls.pop_front() {
            self.timed_out -= 1;
            return;
        }
        self.line.ok += 1.0;
        self.line.last_ok = Some(at);
        self.line.first_ok.get_or_insert(at);
    }

    fn sample(&mut self) -> bool {
        self.told_failure = false;
        let pending = (self.calls.len() - self.timed_out) as f64;
        let next = Line { peak: pending, lag_ms: 0.0, first_ok: None, last_ok: None, ..self.line.clone() };
        tell(std::mem::replace(&mut self.line, next))
    }
}

/// Says a line, with its time. Whether somebody listens.
fn tell(line: Line) -> bool {
    let line = Line { at: Some(now()), ..line };
    let text = serde_json::to_string(&line).expect("numbers and words") + "\n";
    io::stdout().lock().write_all(text.as_bytes()).is_ok()
}

/// Length of the reply at the head of these bytes, if all of it is there: `$-1`, `$3 … abc …`, `+OK` or `-ERR …`.
fn reply(bytes: &[u8]) -> Option<usize> {
    let line = bytes.windows(2).position(|two| two == b"\r\n")?;
    let body = match bytes.strip_prefix(b"$") {
        Some(rest) => std::str::from_utf8(&rest[..line - 1]).ok()?.parse::<i64>().ok()?,
        None => -1,
    };
    let length = line + 2 + usize::try_from(body).map_or(0, |body| body + 2);
    (bytes.len() >= length).then_some(length)
}

fn dial(host: &str, options: &Options) -> io::Result<TcpStream> {
    use rustix::net::{AddressFamily, SocketType, connect, socket};
    let address = host.to_socket_addrs()?.find(SocketAddr::is_ipv4);
    let address = address.ok_or_else(|| io::Error::from(ErrorKind::NotFound))?;
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    if let Some(timeout) = options.user_timeout_ms {
        sockopt::set_tcp_user_timeout(&socket, timeout)?;
    }
    if let Some(keepalive) = options.keepalive {
        sockopt::set_socket_keepalive(&socket, true)?;
        sockopt::set_tcp_keepidle(&socket, Duration::from_millis(keepalive.idle_ms))?;
        sockopt::set_tcp_keepintvl(&socket, Duration::from_millis(keepalive.interval_ms))?;
        sockopt::set_tcp_keepcnt(&socket, keepalive.probes)?;
    }
    connect(&socket, &address)?;
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::reply;

    #[test]
    fn a_reply_counts_when_all_of_it_is_there() {
        assert_eq!(reply(b"$3\r\nabc\r\n$-1\r\n"), Some(9));
        assert_eq!(reply(b"$-1\r\n"), Some(5));
        assert_eq!(reply(b"-ERR no\r\nx"), Some(9));
        assert_eq!(reply(b"$3\r\nab"), None);
        assert_eq!(reply(b"$3"), None);
    }
}
