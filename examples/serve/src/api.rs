//! The interface of clients: the routes, their JSON, and the status of each mistake.

use crate::batcher::{Batcher, Refused};
use crate::model::{Current, Image, Scores};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use dl::pod::flat_mut;
use serde::{Deserialize, Serialize};
use std::slice::from_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The numbers of an image.
pub const PIXELS: usize = 64;

/// The state of the server, which handlers use.
pub struct App {
    /// The network.
    pub current: Arc<Current>,
    /// The queue to the threads that predict.
    pub batcher: Batcher,
    /// The most images of one request.
    pub max_images: usize,
    /// How long a client may take to send a body.
    pub body_time: Duration,
    /// The requests for predictions that were answered with scores.
    pub answered: AtomicU64,
}

/// The body of `POST /predict`: one image as `{"image": [64 numbers]}`, or several as `{"images": [[64 numbers], …]}`, from 0 (paper) to 1
/// (ink), row by row.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    image: Option<Vec<f32>>,
    images: Option<Vec<Vec<f32>>>,
}

/// The answer for one image.
#[derive(Deserialize, Serialize)]
pub struct Prediction {
    /// The digit of the highest score.
    pub class: usize,
    /// The score of each digit: a logit.
    pub scores: Scores,
}

impl From<Scores> for Prediction {
    fn from(scores: Scores) -> Self {
        let class = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0);
        Prediction { class, scores }
    }
}

/// The answer to `POST /predict`, one prediction for each image.
#[derive(Deserialize, Serialize)]
pub struct Answer {
    /// In the order of the images.
    pub predictions: Vec<Prediction>,
}

/// A request that is not answered.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("no JSON: {0}")]
    Json(serde_json::Error),
    #[error("not what `POST /predict` takes: {0}")]
    Form(serde_json::Error),
    #[error("expected either `image` or `images`")]
    Fields,
    #[error("expected from 1 to {most} images, found {found}")]
    Images { most: usize, found: usize },
    #[error("image {image} has {found} numbers; expected {PIXELS}, 8 rows of 8")]
    Size { image: usize, found: usize },
    #[error("image {image} has no finite number at {at}")]
    NotFinite { image: usize, at: usize },
    #[error("the body has more than {0} bytes")]
    Large(usize),
    #[error("the body did not arrive in {} s", .0.as_secs_f32())]
    Slow(Duration),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the weights stay as they were: {0}")]
    Reload(dl::Error),
}

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Failure::Json(_) => StatusCode::BAD_REQUEST,
            Failure::Form(_) | Failure::Fields | Failure::Images { .. } | Failure::Size { .. } => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Failure::NotFinite { .. } | Failure::Refused(Refused::Inputs(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Failure::Large(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Failure::Slow(_) => StatusCode::REQUEST_TIMEOUT,
            Failure::Refused(Refused::Busy | Refused::Ending) => StatusCode::SERVICE_UNAVAILABLE,
            Failure::Reload(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Message {
            error: String,
        }
        let mut response = (self.status(), json(&Message { error: self.to_string() })).into_response();
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
        }
        response
    }
}

fn json(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// The routes.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/predict", post(predict))
        .route("/reload", post(reload))
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state(app)
}

async fn predict(State(app): State<Arc<App>>, body: Body) -> Result<Response, Failure> {
    let arriving = app.batcher.arriving();
    let body = read(&app, body).await?;
    let images = images(&body, app.max_images)?;
    let scores = app.batcher.predict(images, arriving).await?;
    app.answered.fetch_add(1, Relaxed);
    Ok(json(&Answer { predictions: scores.into_iter().map(Prediction::from).collect() }))
}

/// Reads a body of at most as many bytes as the images of a request can sensibly have.
async fn read(app: &App, body: Body) -> Result<Bytes, Failure> {
    // A number as text, its comma and a space.
    const BYTES: usize = 24;
    let most = 1024 + app.max_images * PIXELS * BYTES;
    match tokio::time::timeout(app.body_time, to_bytes(body, most)).await {
        Ok(body) => body.map_err(|_| Failure::Large(most)),
        Err(_) => Err(Failure::Slow(app.body_time)),
    }
}

fn images(body: &[u8], most: usize) -> Result<Vec<Image>, Failure> {
    let question: Question = serde_json::from_slice(body)
        .map_err(|error| if error.is_data() { Failure::Form(error) } else { Failure::Json(error) })?;
    let all = match (question.image, question.images) {
        (Some(image), None) => vec![image],
        (None, Some(images)) => images,
        _ => return Err(Failure::Fields),
    };
    if !(1..=most).contains(&all.len()) {
        return Err(Failure::Images { most, found: all.len() });
    }
    all.iter().enumerate().map(|(image, pixels)| shaped(image, pixels)).collect()
}

fn shaped(image: usize, pixels: &[f32]) -> Result<Image, Failure> {
    if pixels.len() != PIXELS {
        return Err(Failure::Size { image, found: pixels.len() });
    }
    // JSON has no NaN, and its reader refuses numbers that are too large for `f32`; other formats do not.
    if let Some(at) = pixels.iter().position(|pixel| !pixel.is_finite()) {
        return Err(Failure::NotFinite { image, at });
    }
    let mut shaped = [[[0.0; 8]; 8]; 1];
    flat_mut(from_mut(&mut shaped)).copy_from_slice(pixels);
    Ok(shaped)
}

async fn reload(State(app): State<Arc<App>>) -> Result<&'static str, Failure> {
    let current = app.current.clone();
    // Reading a file would keep other requests of this thread waiting.
    let done = tokio::task::spawn_blocking(move || current.reload()).await;
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())).map_err(Failure::Reload)?;
    Ok("reloaded\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_numbers_are_an_image() {
        for number in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut pixels = [0.5; PIXELS];
            pixels[9] = number;
            let failure = shaped(3, &pixels).unwrap_err();
            assert_eq!(
                (failure.status().as_u16(), failure.to_string().as_str()),
                (422, "image 3 has no finite number at 9")
            );
        }
        assert_eq!(shaped(0, &[0.25; PIXELS]).unwrap(), [[[0.25; 8]; 8]; 1]);
    }
}
