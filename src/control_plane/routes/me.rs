//! Who the caller is.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::control_plane::api_error::ApiError;
use crate::control_plane::app::App;
use crate::control_plane::extract::Caller;
use crate::wire::response::{MeResponse, MyTeam};

pub(super) async fn me(
    State(app): State<Arc<App>>,
    Caller(caller): Caller,
) -> Result<Json<MeResponse>, ApiError> {
    let teams = app.store.teams_of(caller.user_id).await?;
    let team = |slug: String| MyTeam {
        id: slug.clone(),
        name: slug,
        role: "member".to_owned(),
        is_private_teamspace: false,
    };
    let email = email(&caller.user_name);
    Ok(Json(MeResponse {
        user_id: email.clone(),
        email,
        name: caller.user_name,
        teams: teams.into_iter().map(team).collect(),
    }))
}

/// The name itself if it is an address. Some clients require one.
fn email(name: &str) -> String {
    match name.split_once('@') {
        Some((user, host)) if !user.is_empty() && !host.is_empty() => name.to_owned(),
        _ => format!("{name}@localhost"),
    }
}
