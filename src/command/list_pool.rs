//! Lists the pool's users before a run begins, if that was planned.

use super::list::List;
use super::live_metrics::RunWatch;
use super::{CommandError, beside};
use crate::cli::Printer;
use crate::cli::exit::Exit;
use crate::cli::settings::ImportSettings;
use crate::hints::Hint as _;
use crate::import::Watch;
use crate::import::prescan::{ListedUsers, Prescan, PrescanRecord, Scanned};
use crate::pace::Pacer;
use crate::part::Part;
use crate::pool::{Cognito, NamedBy};
use crate::preflight::prescan::{PrescanMode, PrescanPlan};
use crate::preflight::survey::{NewUserCounts, Survey, SurveyError};
use crate::user::pool_rules::PoolRules;

/// What a run needs to list the pool.
pub(super) struct PoolLister<'a> {
    pub(super) settings: &'a ImportSettings,
    pub(super) pool: &'a Cognito,
    pub(super) rules: Option<&'a PoolRules>,
    /// The attributes that are compared with the list's.
    pub(super) attributes: Vec<String>,
    pub(super) watch: RunWatch<'a>,
    pub(super) printer: Printer,
}

/// The requests of a listing, and the users if it is complete.
pub(super) struct PoolListing {
    /// `None` if the pool could not be listed and need not be.
    pub(super) users: Option<ListedUsers>,
    pub(super) record: PrescanRecord,
}

impl PoolLister<'_> {
    /// Lists the pool. A failure is an error only with `--prescan always`.
    pub(super) async fn list(
        &self,
        planned: &PrescanPlan,
        pacer: &Pacer,
        mut watch: Box<dyn Watch>,
    ) -> Result<PoolListing, CommandError> {
        let settings = self.settings;
        self.printer.prose(planned);
        let prescan = Prescan {
            pool: self.pool,
            pacer,
            named_by: NamedBy::of(self.rules),
            // The pool's own setting has precedence over --usernames: a user that is mistaken for
            // another one would be left out.
            case_insensitive: self
                .rules
                .map(|rules| !rules.case_sensitive)
                .or(settings.run.ignore_case)
                .unwrap_or(false),
            attributes: self.attributes.clone(),
            retry: settings.run.retry,
            deadline: settings.run.deadline,
            estimated_users: planned.users,
        };
        let (scanned, record) = prescan.read(watch.as_mut()).await;
        let users = match scanned {
            Scanned::Complete(users) => Some(users),
            Scanned::DeadlineReached => {
                return Err(CommandError::new(
                    Exit::Stopped,
                    "--deadline reached while the pool was listed: nothing was sent",
                    ["allow more time, or pass --prescan never".to_owned()],
                ));
            }
            Scanned::Failed(error) => match settings.existing_users.prescan {
                PrescanMode::Always => {
                    return Err(CommandError::new(
                        Exit::Stopped,
                        format_args!(
                            "the pool's users cannot be read (--prescan always), and nothing was sent: {error}"
                        ),
                        [],
                    ));
                }
                PrescanMode::Auto | PrescanMode::Never => {
                    watch.notice(&format!(
                        "note: cannot list the pool's users first, so every row will be sent: {error}"
                    ));
                    None
                }
            },
        };
        Ok(PoolListing { users, record })
    }
}

/// Counts the rows whose users are not in the listing. `None` if the list can be read only once.
pub(super) async fn count_new_users(
    list: &List,
    case_insensitive: bool,
    part: Option<Part>,
    users: ListedUsers,
    follow_up_existing: bool,
) -> Result<(ListedUsers, Option<NewUserCounts>), CommandError> {
    let Some(rows) = list.reopen().await? else {
        return Ok((users, None));
    };
    let mapping = list.mapping.clone();
    let work = move || {
        let mut users = users;
        let counts = Survey::of_new_users(
            rows,
            &mapping,
            case_insensitive,
            part,
            follow_up_existing,
            |name| {
                let found = users.find(name);
                found
                    .map(|found| found.is_some())
                    .map_err(|error| SurveyError::PoolUsers {
                        cause: error.to_string(),
                        hint: error.hint(),
                    })
            },
        );
        counts.map(|counts| (users, Some(counts)))
    };
    beside("survey", work).await?.map_err(CommandError::refused)
}
