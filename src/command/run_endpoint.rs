//! The endpoint of an existing run: where it created its users, unless `--endpoint-url` names
//! another one. The environment and the profile may have changed since the run and are ignored.

use super::CommandError;
use crate::cli::Printer;
use crate::cli::settings::{RecordedEndpoint, RunPlace};
use crate::pool::EndpointChoice;

/// Chooses the endpoint for the users of a run.
///
/// `recorded` is empty for AWS, and `None` if the ledger does not know the endpoint.
pub(super) fn choose_endpoint(
    endpoint: &RecordedEndpoint,
    run: &RunPlace,
    recorded: Option<&str>,
    printer: Printer,
) -> Result<EndpointChoice, CommandError> {
    let is_same = |one: &str, other: &str| one.trim_end_matches('/') == other.trim_end_matches('/');
    match (&endpoint.given, recorded) {
        (Some(given), recorded) => {
            if let Some(recorded) = recorded
                && !is_same(given, recorded)
            {
                printer.note(format_args!(
                    "this run created its users at {}; --endpoint-url names {given}",
                    endpoint_name(recorded)
                ));
            }
            Ok(EndpointChoice::Url(given.clone()))
        }
        (None, Some(recorded)) => {
            if let Some((variable, url)) = &endpoint.ignored
                && !is_same(url, recorded)
            {
                printer.note(format_args!(
                    "this run created its users at {}; {variable} ({url}) is ignored; use --endpoint-url for another endpoint",
                    endpoint_name(recorded)
                ));
            }
            Ok(match recorded {
                "" => EndpointChoice::Aws,
                url => EndpointChoice::Url(url.to_owned()),
            })
        }
        (None, None) => Err(CommandError::refusal(
            format_args!(
                "{run}: this run's ledger does not say where its users were created, and nothing was sent"
            ),
            "pass the endpoint with --endpoint-url (AWS: https://cognito-idp.REGION.amazonaws.com)",
        )),
    }
}

/// The endpoint in messages.
pub(super) fn endpoint_name(endpoint: &str) -> &str {
    match endpoint {
        "" => "AWS",
        url => url,
    }
}
