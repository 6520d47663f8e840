use super::environment;
use crate::cli::args::ConnectionArgs;

/// What the command line and the environment say about the endpoint of a run, which its ledger
/// knows.
#[derive(Debug, Clone)]
pub struct RecordedEndpoint {
    /// `--endpoint-url`.
    pub given: Option<String>,
    /// An endpoint in the environment, with its variable. It is ignored.
    pub ignored: Option<(&'static str, String)>,
}

impl RecordedEndpoint {
    pub(super) fn of(args: &ConnectionArgs) -> Self {
        let variables = [
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
            "AWS_ENDPOINT_URL",
        ];
        Self {
            given: args.endpoint_url.clone(),
            ignored: variables
                .into_iter()
                .find_map(|name| Some((name, environment(name)?))),
        }
    }
}
