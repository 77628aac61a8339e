//! An axum `Router`, built without axum's `tokio` feature.

use axum::{
    Json, Router,
    extract::{Path, Query},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::server::Server;

#[derive(Deserialize)]
struct Range {
    from: u32,
    to: u32,
}

#[derive(Deserialize, Serialize)]
struct Person {
    name: String,
    age: u32,
}

fn router() -> Router {
    Router::new()
        .route("/hello/{name}", get(hello))
        .route("/sum", get(sum))
        .route("/older", post(older))
}

async fn hello(Path(name): Path<String>) -> String {
    format!("hello, {name}")
}

async fn sum(Query(range): Query<Range>) -> String {
    (range.from..range.to).sum::<u32>().to_string()
}

async fn older(Json(person): Json<Person>) -> Json<Person> {
    Json(Person {
        age: person.age + 1,
        ..person
    })
}

#[test]
fn a_router_is_served() {
    let server = Server::start(laneway_hyper::tower(router()));
    let mut client = Client::connect(server.address);
    assert_eq!(client.get("/hello/you").text(), "hello, you");
    assert_eq!(client.get("/sum?from=1&to=5").text(), "10");
    assert_eq!(client.get("/sum?from=1").status, 400);
    assert_eq!(client.get("/nowhere").status, 404);
    assert_eq!(client.get("/older").status, 405);

    let body = r#"{"name":"Ada","age":36}"#;
    client.send(format!(
        "POST /older HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    ));
    let answer = client.answer();
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.text(), r#"{"name":"Ada","age":37}"#);
}
