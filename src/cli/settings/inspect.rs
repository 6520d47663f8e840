//! The settings of `describe`, `template` and `iam-policy`.

use std::time::Duration;

use super::pool::{connect_to_read, existing_user_policy};
use super::{PoolRulesSource, SettingsError};
use crate::cli::args::{DescribeArgs, FollowUpArgs, IamPolicyArgs, TemplateArgs};
use crate::mapping::PasswordFrom;
use crate::pool::ConnectSettings;
use crate::preflight::prescan::ExistingUserPolicy;
use crate::user::StepKind;

pub struct DescribeSettings {
    pub connect: ConnectSettings,
    /// How long failing calls are retried.
    pub preflight_timeout: Duration,
}

pub struct TemplateSettings {
    pub rules: PoolRulesSource,
    /// How long failing calls are retried.
    pub preflight_timeout: Duration,
    pub with_password: bool,
}

pub struct IamPolicySettings {
    pub user_pool_id: String,
    pub account_id: Option<String>,
    /// The URL of a list in S3.
    pub list: Option<String>,
    /// The URL of a run directory in S3.
    pub run_directory: Option<String>,
    pub existing_users: ExistingUserPolicy,
    /// Steps after sign-up.
    pub steps: Vec<StepKind>,
    pub create_groups: bool,
    /// All rates are numbers, so that the account's quotas are not read.
    pub named_rates: bool,
    pub undo: bool,
    pub verify_run: bool,
    pub preflight: bool,
}

impl DescribeSettings {
    pub(super) fn of(args: &DescribeArgs) -> Self {
        let client_id = args.client_id.as_deref();
        Self {
            connect: connect_to_read(&args.user_pool_id, client_id, &args.connection),
            preflight_timeout: args.patience.preflight_timeout,
        }
    }
}

impl TemplateSettings {
    pub(super) fn of(args: &TemplateArgs) -> Self {
        Self {
            rules: PoolRulesSource::of(&args.pool),
            preflight_timeout: args.patience.preflight_timeout,
            with_password: match args.password {
                PasswordFrom::Column | PasswordFrom::ColumnOrGenerate => true,
                PasswordFrom::Generate | PasswordFrom::None => false,
            },
        }
    }
}

impl IamPolicySettings {
    pub(super) fn of(args: &IamPolicyArgs) -> Result<Self, SettingsError> {
        Ok(Self {
            user_pool_id: args.user_pool_id.clone(),
            account_id: args.account_id.clone(),
            list: args.list.clone(),
            run_directory: args.run_dir.clone(),
            existing_users: existing_user_policy(&args.look)?,
            steps: step_kinds(&args.follow_up),
            create_groups: args.follow_up.create_groups,
            named_rates: args.named_rates,
            undo: args.undo,
            verify_run: args.verify_run,
            preflight: !args.no_preflight,
        })
    }
}

fn step_kinds(args: &FollowUpArgs) -> Vec<StepKind> {
    let is_requested = |kind: &StepKind| match kind {
        StepKind::Update => args.update_existing.is_some(),
        StepKind::Confirm => args.confirm || !args.confirm_where.is_empty(),
        StepKind::Verify => !args.verify.is_empty(),
        StepKind::AddToGroup => !args.group.is_empty(),
        StepKind::Disable => !args.disable_where.is_empty(),
    };
    StepKind::ALL.into_iter().filter(is_requested).collect()
}
