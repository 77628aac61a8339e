//! What the command line asks for.

use std::path::PathBuf;

use laneway_benches::Result;
use laneway_benches::contestant::{self, CONTESTANTS, family};
use laneway_benches::report::FLOOR;
use laneway_benches::rounds::Contestant;
use laneway_benches::workload::{Effort, OVERHEAD, WORKLOADS, Workload};
use lexopt::prelude::{Long, Short, Value};
use lexopt::{Parser, ValueExt};

/// What to measure.
pub(crate) struct Options {
    /// Names of workloads and groups; all if there are none.
    pub(crate) chosen: Vec<String>,
    /// Samples of each.
    pub(crate) rounds: Option<usize>,
    peers: Vec<String>,
    threads: Option<String>,
    /// A hundredth of the work.
    pub(crate) is_quick: bool,
    /// Compare instructions with those that are kept, and fail if they are more.
    pub(crate) check: bool,
    /// Keep instructions that were counted.
    pub(crate) bless: bool,
    /// The folder for samples and charts.
    pub(crate) out: PathBuf,
    /// Only name the workloads.
    pub(crate) list: bool,
    /// Only tell the options.
    pub(crate) help: bool,
}

impl Options {
    /// Reads them.
    pub(crate) fn parse(mut parser: Parser) -> Result<Self> {
        let mut options = Self {
            chosen: vec![],
            rounds: None,
            peers: vec!["tokio".to_string()],
            threads: None,
            is_quick: false,
            check: false,
            bless: false,
            out: "target/bench".into(),
            list: false,
            help: false,
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Value(chosen) => options.chosen.push(chosen.string()?),
                Long("list") => options.list = true,
                Long("help") | Short('h') => options.help = true,
                Long("rounds") => options.rounds = Some(parser.value()?.parse()?),
                Long("vs") => {
                    let peers = parser.value()?.string()?;
                    options.peers = peers.split(',').map(str::to_string).collect();
                }
                Long("threads") => options.threads = Some(parser.value()?.string()?),
                Long("quick") => options.is_quick = true,
                Long("check") => options.check = true,
                Long("bless") => options.bless = true,
                Long("out") => options.out = parser.value()?.into(),
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }

    /// How much each sample of a workload does.
    pub(crate) fn effort(&self, workload: &Workload) -> Effort {
        match self.is_quick {
            true => Effort::quick(workload),
            false => Effort::full(workload),
        }
    }

    /// Those that are chosen by name or group; all if none is.
    pub(crate) fn workloads(&self) -> Result<Vec<&'static Workload>> {
        let is = |workload: &Workload, name: &String| {
            let is_overhead = name == "overhead" && OVERHEAD.contains(&workload.name);
            name == workload.name || name == workload.group || is_overhead
        };
        for name in &self.chosen {
            if !WORKLOADS.iter().any(|workload| is(workload, name)) {
                return Err(format!("no workload or group {name}: see --list").into());
            }
        }
        let is_chosen = |workload: &&Workload| {
            self.chosen.is_empty() || self.chosen.iter().any(|name| is(workload, name))
        };
        Ok(WORKLOADS.iter().filter(is_chosen).collect())
    }

    /// laneway, the floor, and the chosen peers; what there is to know of them is told.
    pub(crate) fn contestants(&self) -> Result<Vec<Contestant>> {
        let is_known = |peer: &String| CONTESTANTS.iter().any(|it| family(it).0 == peer);
        let mut peers = self.peers.iter();
        if let Some(peer) = peers.find(|it| *it != "all" && !is_known(it)) {
            return Err(format!("no peer {peer}: see --help").into());
        }
        let is_chosen = |name: &&&str| {
            let (family, threads) = family(name);
            let is_ours = [FLOOR, "laneway"].contains(&family);
            let is_peer = self.peers.iter().any(|it| it == family || it == "all");
            let has_threads = self.threads.as_deref().is_none_or(|it| it == threads);
            (is_ours || is_peer) && has_threads
        };
        let chosen = CONTESTANTS.iter().filter(is_chosen).map(|name| {
            let probed = contestant::probe(name);
            match &probed {
                Ok(None) => {}
                Ok(Some(remark)) => println!("{name}: {remark}"),
                Err(why) => println!("{name} does not run here: {why}"),
            }
            Contestant {
                name,
                cannot: probed.err(),
            }
        });
        let chosen: Vec<_> = chosen.collect();
        match chosen.is_empty() {
            true => Err("no such contestants: see --help".into()),
            false => Ok(chosen),
        }
    }
}
