//! `iam-policy`: prints the smallest policy that a run needs.

use super::document::LeastPolicy;
use super::{CommandError, CommandOutput};
use crate::cli::Printer;
use crate::cli::exit::Exit;
use crate::cli::settings::IamPolicySettings;
use crate::pool::{ConnectError, region_of};
use crate::preflight::iam_policy::{DEFAULT_PARTITION, Needs, policy, region_without_partition};
use crate::s3::S3FolderUrl;

pub(super) fn iam_policy(
    settings: &IamPolicySettings,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let user_pool_id = settings.user_pool_id.as_str();
    if region_of(user_pool_id).is_none() {
        let error = ConnectError::NotAPoolId(user_pool_id.to_owned());
        return Err(CommandError::refused(error));
    }
    let object = settings.list.as_deref().map(s3_object).transpose()?;
    let run_folder = settings
        .run_directory
        .as_deref()
        .map(s3_folder)
        .transpose()?;
    let policies = settings.existing_users;
    if !settings.steps.is_empty() && !policies.lookup.any() {
        return Err(CommandError::refusal(
            "--no-lookup (or --lookup none) signs no requests, and steps after sign-up have to be signed",
            "leave one of the two out",
        ));
    }
    if let Some(region) = region_without_partition(user_pool_id) {
        printer.note(format_args!(
            "this version does not know the partition of Region {region}: check that its ARNs begin with arn:{DEFAULT_PARTITION}:"
        ));
    }
    let policy = policy(&Needs {
        user_pool_id,
        account_id: settings.account_id.as_deref(),
        looks_up: policies.lookup.any(),
        // Without a preflight, the pool is listed first only on request.
        lists: if settings.preflight {
            policies.may_list()
        } else {
            policies.needs_listing()
        },
        requests_limits: !settings.named_rates,
        describes_client: settings.preflight,
        steps: &settings.steps,
        creates_groups: settings.create_groups,
        object,
        run_folder: run_folder.as_ref().map(|url| (url.bucket(), url.prefix())),
        undoes: settings.undo,
        verifies: settings.verify_run,
    });
    let output = match &policy {
        None => {
            printer.info("no permission is needed: SignUp is public, and nothing else is called");
            CommandOutput::from(Exit::Done)
        }
        Some(policy) => {
            let text = serde_json::to_string_pretty(policy).map_err(CommandError::refused)?;
            CommandOutput::of_text(format!("{text}\n"))
        }
    };
    output.with(&LeastPolicy {
        policy: policy.as_ref(),
    })
}

/// The bucket and the key.
fn s3_object(url: &str) -> Result<(&str, &str), CommandError> {
    url.strip_prefix("s3://")
        .and_then(|object| object.split_once('/'))
        .filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
        .ok_or_else(|| {
            CommandError::refusal(
                format_args!("--list {url}: only a list in S3 needs a permission"),
                "name s3://BUCKET/KEY, or leave it out",
            )
        })
}

fn s3_folder(url: &str) -> Result<S3FolderUrl, CommandError> {
    let folder = S3FolderUrl::named(url).map_err(CommandError::refused)?;
    folder.ok_or_else(|| {
        CommandError::refusal(
            format_args!("--run-dir {url}: only a directory in S3 needs a permission"),
            "name s3://BUCKET/PREFIX/, or leave it out",
        )
    })
}
