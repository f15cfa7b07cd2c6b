// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
//! One end: a publisher and a subscriber, and for the forms that sleep a notifier
//! and a listener, among files of the link's own.

use crate::credit::Credit;
use crate::held::{Held, Table};
use crate::peer::{Setup, EAGAIN, EIO, EMSGSIZE, ENOMEM};
use iceoryx2::port::listener::Listener;
use iceoryx2::port::notifier::Notifier;
use iceoryx2::port::publisher::Publisher;
use iceoryx2::port::subscriber::Subscriber;
use iceoryx2::port::update_connections::UpdateConnections;
use iceoryx2::port::LoanError;
use iceoryx2::prelude::*;
use std::error::Error;
use std::ffi::{c_int, CStr};

type Result<T> = std::result::Result<T, c_int>;
type Made<T> = std::result::Result<T, Box<dyn Error>>;

/// Fields are dropped in this order: the node last.
struct Ports {
    publisher: Publisher<ipc::Service, [u8], ()>,
    subscriber: Subscriber<ipc::Service, [u8], ()>,
    notifier: Notifier<ipc::Service>,
    listener: Listener<ipc::Service>,
    _node: Node<ipc::Service>,
}

pub struct End {
    table: Table,
    ports: Option<Ports>,
    credit: Credit,
    name: String,
}

/// Where its files are, and how those in /dev/shm begin.
fn folder_of(name: &str) -> String {
    format!("/tmp/{name}-iox2")
}

fn prefix_of(name: &str) -> String {
    format!("{name}-iox2_")
}

/// One of its files is never removed by iceoryx2 itself.
fn remove_files(name: &str) {
    let _ = std::fs::remove_dir_all(folder_of(name));
    let Ok(files) = std::fs::read_dir("/dev/shm") else {
        return;
    };
    for file in files.flatten() {
        if file
            .file_name()
            .to_string_lossy()
            .starts_with(&prefix_of(name))
        {
            let _ = std::fs::remove_file(file.path());
        }
    }
}

fn make_node(name: &str) -> Made<Node<ipc::Service>> {
    let mut config = Config::default();
    config
        .global
        .set_root_path(&Path::new(folder_of(name).as_bytes())?);
    config.global.prefix = FileName::new(prefix_of(name).as_bytes())?;
    Ok(NodeBuilder::new()
        .config(&config)
        .signal_handling_mode(SignalHandlingMode::Disabled)
        .create::<ipc::Service>()?)
}

type Channel =
    iceoryx2::service::port_factory::publish_subscribe::PortFactory<ipc::Service, [u8], ()>;
type Bell = iceoryx2::service::port_factory::event::PortFactory<ipc::Service>;

/// Neither end ever loses a record.
fn channel(node: &Node<ipc::Service>, name: &str, setup: &Setup) -> Made<Channel> {
    Ok(node
        .service_builder(&name.try_into()?)
        .publish_subscribe::<[u8]>()
        .payload_alignment(Alignment::new(16).ok_or("alignment")?)
        .enable_safe_overflow(false)
        .history_size(0)
        .subscriber_max_buffer_size(setup.depth as usize)
        .subscriber_max_borrowed_samples(setup.live_records as usize)
        .max_publishers(1)
        .max_subscribers(1)
        .max_nodes(2)
        .open_or_create()?)
}

fn bell(node: &Node<ipc::Service>, name: &str) -> Made<Bell> {
    Ok(node
        .service_builder(&name.try_into()?)
        .event()
        .open_or_create()?)
}

/// As much memory as the link's records take, rather than what would be enough in
/// the worst case.
fn publisher(out: &Channel, setup: &Setup) -> Made<Publisher<ipc::Service, [u8], ()>> {
    let live = setup.live_records as usize;
    Ok(out
        .publisher_builder()
        .initial_max_slice_len(setup.record_bytes as usize)
        .allocation_strategy(AllocationStrategy::Static)
        .max_loaned_samples(live)
        .override_sample_preallocation(move |worst| worst.min(live + 2))
        .backpressure_strategy(BackpressureStrategy::RetryUntilDelivered)
        .create()?)
}

fn make_ports(name: &str, setup: &Setup) -> Made<Ports> {
    let node = make_node(name)?;
    let (mine, theirs) = if setup.role == 0 {
        ("a", "b")
    } else {
        ("b", "a")
    };
    let out = channel(&node, mine, setup)?;
    let into = channel(&node, theirs, setup)?;
    Ok(Ports {
        publisher: publisher(&out, setup)?,
        subscriber: into.subscriber_builder().create()?,
        notifier: bell(&node, mine)?.notifier_builder().create()?,
        listener: bell(&node, theirs)?.listener_builder().create()?,
        _node: node,
    })
}

impl End {
    pub unsafe fn open(setup: &Setup) -> Result<Self> {
        let name = CStr::from_ptr(setup.name).to_str().map_err(|_| -EIO)?;
        set_log_level(LogLevel::Error);
        let ports = make_ports(name, setup).map_err(|_| -EIO)?;
        Ok(End {
            table: Table::new(setup.live_records as usize),
            ports: Some(ports),
            credit: Credit::open(setup),
            name: name.to_owned(),
        })
    }

    fn ports(&self) -> &Ports {
        self.ports.as_ref().expect("only close() takes them")
    }

    pub fn settle(&mut self) -> Result<()> {
        let ports = self.ports();
        ports.publisher.update_connections().map_err(|_| -EIO)?;
        ports.subscriber.update_connections().map_err(|_| -EIO)
    }

    /// The files go when nobody has any of them.
    pub fn close(mut self) {
        drop(self.table);
        self.ports.take();
        if self.credit.close() {
            remove_files(&self.name);
        }
    }

    pub fn alloc(&mut self, bytes: usize) -> Result<*mut u8> {
        if self.table.is_full() {
            return Err(-ENOMEM);
        }
        let loaned = self.ports().publisher.loan_slice_uninit(bytes);
        let mut loan = loaned.map_err(|error| match error {
            LoanError::ExceedsMaxLoanSize => -EMSGSIZE,
            LoanError::InternalFailure => -EIO,
            _ => -ENOMEM,
        })?;
        let address = loan.payload_mut().as_mut_ptr() as *mut u8;
        self.table.put(address, Held::Loan(loan));
        Ok(address)
    }

    pub fn free(&mut self, record: *const u8) {
        drop(self.table.get(record));
    }

    /// A record that was received is the subscriber's, and can't be published.
    fn publish(&mut self, record: *const u8) -> Result<()> {
        let Held::Loan(loan) = self.table.get(record) else {
            return Err(-EIO);
        };
        unsafe { loan.assume_init() }.send().map_err(|_| -EIO)?;
        self.credit.sent();
        Ok(())
    }

    pub fn try_send(&mut self, record: *const u8) -> Result<()> {
        if !self.credit.left() {
            return Err(-EAGAIN);
        }
        self.publish(record)
    }

    pub fn try_recv(&mut self) -> Result<*mut u8> {
        if self.table.is_full() {
            return Err(-ENOMEM);
        }
        let received = self.ports().subscriber.receive().map_err(|_| -EIO)?;
        let taken = received.ok_or(-EAGAIN)?;
        let address = taken.payload().as_ptr() as *mut u8;
        self.credit.taken();
        self.table.put(address, Held::Taken(taken));
        Ok(address)
    }

    pub fn send(&mut self, record: *const u8) -> Result<()> {
        self.publish(record)?;
        self.ports().notifier.notify().map_err(|_| -EIO)?;
        Ok(())
    }

    pub fn recv(&mut self) -> Result<*mut u8> {
        loop {
            match self.try_recv() {
                Err(error) if error == -EAGAIN => {}
                done => return done,
            }
            self.ports()
                .listener
                .blocking_wait(|_| {})
                .map_err(|_| -EIO)?;
        }
    }
}
