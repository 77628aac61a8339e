//! The load generator against services that are right and services that are not.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use xtask::load::{self, Options, Report};

use crate::server::{self, Fault};

/// A short load on a service with a fault.
fn load(fault: Fault, change: impl FnOnce(&mut Options)) -> Report {
    let mut options = Options {
        address: server::start(fault),
        connections: 8,
        duration: Duration::from_millis(200),
        streamed: 1 << 20,
        cap: Duration::from_secs(5),
        mix: "hello=10,stream=4,echo=4,work=2".parse().unwrap(),
        stream_bytes: 100_003,
        work_rounds: 1_000,
        pid: Some(std::process::id()),
        progress: false,
        ..Options::default()
    };
    change(&mut options);
    let report = load::run(&options).unwrap();
    eprintln!("{report}");
    report
}

/// Whether something went wrong, and all that went wrong is `what`.
fn is_wrong(report: &Report, what: &str) -> bool {
    report.errors > 0 && report.wrong.iter().all(|(wrong, _)| wrong.contains(what))
}

#[test]
fn a_right_service_has_no_errors() {
    let report = load(Fault::None, |_| {});
    assert_eq!(report.errors, 0);
    assert!(report.requests > 50 && report.streamed >= 1 << 20);
    let table = report.to_string();
    for row in [
        "hello",
        "stream",
        "echo",
        "work",
        "all",
        "client CPU seconds",
    ] {
        assert!(table.contains(row), "{row} is missing in\n{table}");
    }
}

#[test]
fn a_rate_is_kept_and_no_more_is_asked() {
    let report = load(Fault::None, |options| {
        options.mix = "hello=1".parse().unwrap();
        options.rate = Some(500.0);
        options.streamed = 0;
        options.duration = Duration::from_millis(400);
    });
    // All that was due has been asked, or is told; a few may be due in the last turn.
    assert_eq!(report.errors, 0);
    let due = report.requests + report.overdue;
    assert!((200..=230).contains(&due), "{due}");
    let json = report.to_json();
    let quantiles = json["quantiles"].as_array().unwrap();
    assert!(quantiles.len() > 5 && json["max"].as_u64() >= json["p50"].as_u64());
}

#[test]
fn bodies_larger_than_the_kernels_buffers_come_back() {
    let report = load(Fault::None, |options| {
        options.mix = "echo=1".parse().unwrap();
        options.echo_bytes = 12 << 20;
        options.connections = 2;
        options.streamed = 0;
    });
    assert!(report.errors == 0 && report.requests > 0);
}

#[test]
fn a_service_may_close_after_an_answer() {
    let report = load(Fault::ClosesPolitely, |_| {});
    assert!(report.errors == 0 && report.requests > 50);
}

#[test]
fn one_wrong_bit_is_an_error() {
    let report = load(Fault::CorruptsStreams, |options| options.streamed = 0);
    assert!(is_wrong(&report, "stream: body of another content"));
}

#[test]
fn a_wrong_hash_is_an_error() {
    let report = load(Fault::WrongHash, |_| {});
    assert!(is_wrong(&report, "x-hash is wrong"));
}

#[test]
fn an_end_in_an_answer_is_an_error() {
    let report = load(Fault::ClosesInStreams, |options| options.streamed = 0);
    assert!(is_wrong(&report, "stream: closed in an answer"));
}

#[test]
fn nobody_there_is_an_error_and_no_hang() {
    let unused = TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap();
    let report = load(Fault::None, |options| {
        options.address = unused;
        options.streamed = 0;
    });
    assert!(report.errors > 0 && report.requests == 0);
}

#[test]
fn an_answer_that_does_not_come_is_an_error_and_no_hang() {
    let report = load(Fault::Hangs, |options| {
        options.patience = Duration::from_millis(300)
    });
    assert!(report.errors >= 8 && report.elapsed < Duration::from_secs(5));
    assert!(
        report
            .wrong
            .iter()
            .any(|(wrong, count)| wrong == "no answer in time" && *count == 8)
    );
}

#[test]
fn the_process_says_by_its_status_whether_all_went_well() {
    for (fault, is_good) in [(Fault::None, true), (Fault::WrongHash, false)] {
        let address = server::start(fault).to_string();
        let output = Command::new(env!("CARGO_BIN_EXE_load"))
            .args([
                &address,
                "--connections=4",
                "--seconds=0.2",
                "--stream-mib=1",
            ])
            .args(["--stream-bytes=65536", "--work-rounds=10"])
            .output()
            .unwrap();
        assert_eq!(output.status.success(), is_good, "{output:?}");
        assert!(
            String::from_utf8(output.stdout)
                .unwrap()
                .contains("streamed MiB")
        );
    }
}
