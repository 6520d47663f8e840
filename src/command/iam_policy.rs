//! `iam-policy`: the least policy that a run needs.

use super::document::LeastPolicy;
use super::{CommandError, CommandOutput};
use crate::cli::args::IamPolicyArgs;
use crate::cli::exit::Exit;
use crate::cli::{Say, settings};
use crate::pool::{ConnectError, region_of};
use crate::preflight::iam_policy::{DEFAULT_PARTITION, Needs, policy, region_without_partition};

pub(super) fn iam_policy(args: &IamPolicyArgs, say: Say) -> Result<CommandOutput, CommandError> {
    if region_of(&args.user_pool_id).is_none() {
        let not_one = ConnectError::NotAPoolId(args.user_pool_id.clone());
        return Err(CommandError::refused(not_one));
    }
    let object = match args.list.as_deref() {
        None => None,
        Some(list) => Some(
            list.strip_prefix("s3://")
                .and_then(|object| object.split_once('/'))
                .filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
                .ok_or_else(|| {
                    CommandError::refusal(
                        format_args!("--list {list}: only a list in S3 needs a permission"),
                        "name s3://BUCKET/KEY, or leave it out",
                    )
                })?,
        ),
    };
    let looks = settings::looks(&args.look).map_err(CommandError::refused)?;
    let steps = settings::step_kinds(&args.follow_up);
    if !steps.is_empty() && !looks.look_ups.any() {
        return Err(CommandError::refusal(
            "--no-lookup (or --lookup none) signs no request, and what follows a sign-up has to be signed",
            "leave one of the two out",
        ));
    }
    if let Some(region) = region_without_partition(&args.user_pool_id) {
        say.line(format_args!(
            "note: this version does not know the partition of Region {region}: check that ARNs begin with arn:{DEFAULT_PARTITION}: there"
        ));
    }
    let policy = policy(&Needs {
        user_pool_id: &args.user_pool_id,
        account_id: args.account_id.as_deref(),
        looks_up: looks.look_ups.any(),
        // Without a preflight, the pool is read first only where that is asked for.
        lists: if args.no_preflight {
            looks.needs_listing()
        } else {
            looks.may_list()
        },
        asks_limits: !args.named_rates,
        asks_client: !args.no_preflight,
        steps: &steps,
        makes_groups: args.follow_up.create_groups,
        object,
        undoes: args.undo,
    });
    let answer = match &policy {
        None => {
            say.line("no permission is needed: SignUp is public, and nothing else is asked");
            CommandOutput::from(Exit::Done)
        }
        Some(policy) => {
            let text = serde_json::to_string_pretty(policy).map_err(CommandError::refused)?;
            CommandOutput::of_text(format!("{text}\n"))
        }
    };
    answer.with(&LeastPolicy {
        policy: policy.as_ref(),
    })
}
