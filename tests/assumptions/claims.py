"""What the manual says about AWS, and the assumptions that check it."""

from dataclasses import dataclass
from typing import Final

NO_VPC: Final = "it takes a machine in a VPC with endpoints"
TIME: Final = "it takes hours or days"
LARGE: Final = "it takes gigabytes, or millions of objects"
UNSEEN: Final = "no identity of these tests has them"
ORGANIZATION: Final = "it takes an organization or settings of a whole account"
ROOT: Final = "it takes the root user"
CENTER: Final = "it takes IAM Identity Center or a browser"
PRICE: Final = "no answer of AWS shows it"
UNDOCUMENTED: Final = "AWS does not document it"
SECOND_JOB: Final = "it takes another job, which AWS charges"


@dataclass(frozen=True, slots=True)
class Claim:
    """`says` are words of the page. Without assumptions, `why` says why there are none."""

    page: str
    says: str
    assumptions: tuple[str, ...] = ()
    why: str = ""


def _page(name: str, *claims: tuple[str, tuple[str, ...] | str]) -> list[Claim]:
    """Claims of one page, each with its assumptions or with the reason why it has none."""
    return [Claim(name, says, by) if isinstance(by, tuple) else Claim(name, says, why=by) for says, by in claims]


CLAIMS: Final = [
    *_page(
        "ownership.md",
        ("the uploader's account owns the object", ("with_object_writer_the_uploader_owns",)),
        ("A's bucket policy does not apply to it", ("a_bucket_policy_allows_nothing_on_foreign_objects",)),
        ("A can get 403 in its own bucket", ("the_bucket_owner_cannot_read_a_foreign_object",)),
        ("the bucket owner then owns every object", ("with_bucket_owner_enforced_the_bucket_owner_owns",)),
        ("and ACLs are disabled", ("with_bucket_owner_enforced_put_object_acl_is_refused",)),
        ("pull | the target's account", ("a_copy_belongs_to_who_copies",)),
        (
            "unless the bucket has `BucketOwnerEnforced`",
            ("with_bucket_owner_enforced_full_control_is_taken", "with_object_writer_full_control_leaves_the_owner"),
        ),
    ),
    *_page(
        "endpoints.md",
        ("If requests pass a VPC endpoint, S3 sees `aws:SourceVpce` and no public source IP", NO_VPC),
        ("An endpoint policy can also deny access to buckets of other accounts", NO_VPC),
        ("DNS does not show whether requests pass a gateway endpoint", NO_VPC),
        ("Requests to other regions do not pass it", NO_VPC),
        ("the URL names it, or the private address belongs to it", NO_VPC),
        ("`aws:SourceVpce`, `aws:SourceVpc`, `aws:VpcSourceIp`", NO_VPC),
        (
            "public network | no gateway endpoint on the route",
            ("a_request_on_the_public_path_has_a_source_address", "a_request_on_the_public_path_has_no_endpoint"),
        ),
        ("Containers and functions in a VPC often have no instance metadata", NO_VPC),
        (
            "xs3-tui endpoint` prints the condition that matches requests from here",
            ("a_deny_for_other_endpoints_denies_the_public_path",),
        ),
        (
            "bucket region | the HeadBucket request",
            ("head_bucket_names_the_region", "a_denied_head_bucket_names_the_region"),
        ),
        ("VPC endpoints, their policies and addresses; routes of the subnet | EC2", NO_VPC),
    ),
    *_page(
        "access-evaluation.md",
        (
            "It reads the policies, the owner, the ACL and the KMS key that apply to the request",
            (
                *(
                    "without_a_grant_another_account_is_denied",
                    "an_explicit_deny_wins",
                    "what_is_not_granted_is_denied",
                ),
                *("across_accounts_both_sides_must_allow", "in_one_account_either_side_allows"),
                *("a_grant_of_write_acp_sets_the_acl", "the_managed_key_serves_no_other_account"),
            ),
        ),
        ("IAM policies of user or role", ("a_users_inline_policies_are_listed_and_read",)),
        ("cannot read service control policies and resource control policies", ORGANIZATION),
        ("nor permissions boundaries and endpoint policies of the other account", UNSEEN),
    ),
    *_page(
        "requests.md",
        ("its response has the headers of a HeadObject", ("a_get_counts_the_tags",)),
        ("`x-amz-tagging-count` says that there are some", ("a_head_counts_the_tags",)),
        ("no header says that an object has none", ("an_object_without_annotations_says_so",)),
        (
            "headers, metadata and tags are copied by the server (`COPY` directives)",
            ("a_copy_keeps_metadata_and_headers", "a_copy_keeps_tags", "a_copy_takes_annotations_along"),
        ),
        ("S3 does not copy a website redirect location by itself", ("a_copy_does_not_keep_a_website_redirect",)),
        ("S3 denies such a copy as a whole", ("a_copy_of_a_tagged_object_needs_its_tags",)),
        ("an ACL takes one more request", ("a_copy_does_not_take_the_acl_along",)),
        ("a copy whose ETag is no MD5 (AWS KMS)", ("the_etag_under_a_key_of_kms_is_no_md5",)),
        (
            "the write has the condition `If-None-Match`, which AWS honors",
            ("a_write_of_new_objects_alone_keeps_what_is_there",),
        ),
        ("one for 1,000 keys", ("more_than_1000_keys_are_never_sent", "a_page_ends_and_a_token_goes_on")),
        ("without that permission S3 leaves the number out", ("a_head_hides_the_count_from_who_may_not_read_tags",)),
        ("the GET has the listing's ETag as a condition (If-Match)", ("a_read_can_be_pinned_to_the_etag",)),
    ),
    *_page(
        "how-copies-are-verified.md",
        (
            "The response to the write has the source's checksum or ETag",
            ("a_copy_keeps_the_checksum", "a_copy_of_a_plain_object_has_its_etag", "a_write_answers_with_its_checksum"),
        ),
        ("the response to the write has the MD5 (as ETag)", ("the_etag_of_a_plain_object_is_its_md5",)),
        ("is copied in equal parts, so that you can compare both ETags", ("the_etag_of_parts_is_the_md5_of_md5s",)),
        ("If the response to UploadPart has the same checksum", ("a_part_answers_with_its_checksum",)),
        ("with its checksum after the data", ("a_checksum_may_follow_the_body",)),
        ("checksum of the whole object by the same algorithm", ("parts_have_a_crc_of_the_whole",)),
        ("the size of the first part in ListParts", ("parts_are_listed_with_size_and_etag",)),
        (
            "It sends the target a checksum to check",
            ("a_wrong_checksum_is_refused", "a_wrong_checksum_of_the_whole_is_refused"),
        ),
    ),
    *_page(
        "routes.md",
        ("it may read the source", ("a_copy_between_accounts_is_one_request", "a_copy_needs_both_halves")),
        ("Between different endpoints or partitions, only the relay works", "it takes an account in another partition"),
        (
            "Every route copies metadata, tags, annotations and checksums",
            ("an_upload_in_parts_takes_its_attributes_at_the_start",),
        ),
    ),
    *_page(
        "share-a-link.md",
        (
            "can download or upload one object without credentials",
            ("a_link_reads_without_credentials", "a_link_writes_without_credentials"),
        ),
        ("until the link expires", ("a_link_ends",)),
        ("of up to 5 GiB", LARGE),
        ("the upload must send that type", ("a_link_for_one_type_takes_no_other",)),
        ("replaces this header of the response", ("an_answer_has_the_headers_that_were_asked_for",)),
        ("It has the permissions of its signer", ("a_link_has_the_rights_of_who_signed_it",)),
        ("ends with the session, which can be earlier than you chose", TIME),
        ("S3 accepts at most 7 days", ("a_link_lasts_at_most_a_week",)),
        ("In Requester Pays buckets the signer pays", PRICE),
    ),
    *_page(
        "restore-from-glacier.md",
        (
            "cannot be read before they are restored",
            ("an_archived_object_cannot_be_read", "an_archived_object_cannot_be_copied"),
        ),
        ("The object stays in its storage class", ("an_archived_object_has_a_head",)),
        ("The `~` stays after a restore, because listings do not show it", TIME),
        ("3 to 5 hours", TIME),
        ("is in progress", ("a_restore_shows_in_the_head", "a_second_restore_has_a_code")),
        ("is not needed", ("only_archives_are_restored",)),
        ("An Expedited restore of DEEP_ARCHIVE is not possible", "AWS answers it with a code that is not documented"),
        ("restored objects stay readable; the days do not apply", TIME),
        ("free for GLACIER", PRICE),
    ),
    *_page(
        "batch.md",
        ("reads results and a receipt from the completion report", ("the_report_has_a_row_for_each_task",)),
        ("A job can only put `PREFIX/` before a key", SECOND_JOB),
        ("S3 makes it", SECOND_JOB),
        ("are too large for CopyObject", LARGE),
        ("Policies match key ARNs only", UNDOCUMENTED),
        ("AWS refuses days there, and a job that mixes both", SECOND_JOB),
        ("So there is never a second job", ("a_job_that_is_created_again_is_the_same",)),
        ("lists the jobs of the account", ("jobs_are_listed",)),
        ("the report of S3 has no sizes and no checksums of copies", ("the_report_is_below_its_prefix",)),
        (
            "S3 runs a job as an IAM role of the account that creates the job",
            ("a_job_takes_no_role_of_another_account",),
        ),
        ("does not document whether S3 sends these keys for this role", UNDOCUMENTED),
        ("instead of `NoSuchKey` for an object that was deleted since", SECOND_JOB),
    ),
    *_page(
        "take-over-objects.md",
        ("The uploader grants `bucket-owner-full-control`", ("the_uploader_lets_the_bucket_owner_read",)),
        ("The bucket owner copies the object onto itself", ("a_copy_onto_itself_makes_the_copier_the_owner",)),
        ("each copy is a new version, and the old version stays", ("an_older_version_is_copied_to_the_top",)),
        (
            "`BucketOwnerEnforced` the bucket owner owns every object",
            ("bucket_owner_enforced_takes_over_what_is_there",),
        ),
        ("The report needs the fields Size and ObjectOwner", TIME),
    ),
    *_page(
        "buckets.md",
        (
            "S3 deletes only empty buckets",
            ("a_bucket_with_objects_is_not_deleted", "a_bucket_with_old_versions_is_not_deleted"),
        ),
        (
            "retained and held versions stay",
            ("a_legal_hold_keeps_a_version", "governance_keeps_a_version_unless_it_is_bypassed"),
        ),
        ("what the root user has to do", ROOT),
    ),
    *_page(
        "versions-and-deleted-objects.md",
        ("keeps replaced and deleted objects as noncurrent versions", ("versions_are_listed_the_newest_first",)),
        (
            "adds a delete marker, which hides the object",
            ("a_deletion_makes_a_marker", "behind_a_marker_there_is_no_object"),
        ),
        ("The versions stay, and AWS bills them", PRICE),
        ("it is copied on top", ("an_older_version_is_copied_to_the_top",)),
        ("removes the delete markers on top of each key, by version ID", ("without_its_marker_an_object_is_back",)),
        ("`s3:DeleteObjectVersion` is missing | allow it", ("deleting_a_version_is_a_permission_of_its_own",)),
        ("wait until it ends", TIME),
        (
            "or delete as an identity with `s3:BypassGovernanceRetention`",
            ("governance_keeps_a_version_unless_it_is_bypassed",),
        ),
        ("the root user of the account deletes with an MFA code", ROOT),
        (
            "with suspended versioning (the earlier object may be lost)",
            ("a_suspended_bucket_replaces_the_version_null",),
        ),
    ),
    *_page(
        "data-safety.md",
        ("it asks the server which parts it has (ListParts)", ("parts_are_listed_with_size_and_etag",)),
        (
            "provided that the server honors conditional requests",
            ("a_copy_keeps_what_is_there", "an_upload_in_parts_keeps_what_is_there"),
        ),
        ("It deletes each source with `If-Match`", ("a_deletion_spares_another_object",)),
        ("Some servers ignore that condition", ("a_deletion_removes_the_object_that_was_seen",)),
        ("does not apply a policy that allows public access", ("the_policy_status_says_public",)),
    ),
    *_page(
        "connect.md",
        ("because ListBuckets never shows it", ("list_buckets_shows_ones_own",)),
        ("role that trusts you", ("a_role_is_assumed_from_another_account", "a_role_that_does_not_trust_is_denied")),
        (
            "ExternalId, duration, MFA device, session policy",
            ("an_external_id_is_compared", "a_session_policy_narrows"),
        ),
        ("Profiles of `aws login` and IAM Identity Center work", CENTER),
        ("xs3-tui renews credentials before they expire", TIME),
    ),
]
